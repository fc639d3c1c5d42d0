import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';

/** A real redis-server of a test's own, on a unix socket. It keeps its data over a stop and a start. */
export interface TestRedis {
  readonly url: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Runs one command, for looking inside. */
  command(...words: [string, ...string[]]): Promise<unknown>;
  close(): Promise<void>;
}

/** Starts a redis-server and resolves when it answers. */
export async function startRedis(): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-redis-'));
  const socket = join(folder, 's');
  let server: ChildProcess | null = null;

  const start = async (): Promise<void> => {
    const child = spawn(
      'redis-server',
      ['--port', '0', '--unixsocket', socket, '--dir', folder, '--appendonly', 'yes', '--save', ''],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    server = child;
    const lines = createInterface({ input: child.stdout });
    await new Promise<void>((resolve, reject) => {
      lines.on('line', (line) => /ready to accept connections/i.test(line) && resolve());
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`redis-server exited with ${code}`)));
    });
  };
  const stop = async (): Promise<void> => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  };
  await start();
  return {
    url: `unix://${socket}`,
    start,
    stop,
    async command(...[name, ...words]) {
      const client = new Redis({ path: socket });
      try {
        return await client.call(name, ...words);
      } finally {
        client.disconnect();
      }
    },
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
