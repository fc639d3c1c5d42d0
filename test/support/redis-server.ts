import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Redis, type RedisOptions } from 'ioredis';

/** One redis-server process: a server, a replica, a member of a cluster or, with `--sentinel`, a Sentinel. */
export interface RedisServer {
  start(): Promise<void>;
  /** SIGKILL; resolves at once when it does not run. */
  stop(): Promise<void>;
  /** SIGSTOP: connections stay open and hang, new ones are taken by the kernel and hang too. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** Runs one command, for looking inside. */
  command(...words: [string, ...string[]]): Promise<unknown>;
}

/** A redis-server with these arguments, not started yet; `client` is how it is spoken to. */
export function redisServer(words: readonly string[], client: RedisOptions): RedisServer {
  let server: ChildProcess | null = null;
  const running = (): ChildProcess | null =>
    server && server.exitCode === null && server.signalCode === null ? server : null;
  return {
    async start() {
      const child = spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'inherit'] });
      server = child;
      const lines = createInterface({ input: child.stdout });
      await new Promise<void>((resolve, reject) => {
        // A Sentinel does not say that it is ready, but that it monitors, once it listens.
        lines.on('line', (line) => /ready to accept connections|\+monitor/i.test(line) && resolve());
        child.once('error', reject);
        child.once('exit', (code) => reject(new Error(`redis-server exited with ${code}`)));
      });
    },
    async stop() {
      const child = running();
      if (!child) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
    freeze: () => void running()?.kill('SIGSTOP'),
    thaw: () => void running()?.kill('SIGCONT'),
    async command(...[name, ...args]) {
      const connection = new Redis({ protocol: 2, ...client, lazyConnect: true, retryStrategy: () => null });
      connection.on('error', () => {}); // the command tells it
      try {
        await connection.connect();
        return await connection.call(name, ...args);
      } finally {
        connection.disconnect();
      }
    },
  };
}
