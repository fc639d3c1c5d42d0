import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/apps/cli/src/main.js', import.meta.url));

/** The flags of bin/stoa. */
const FLAGS = ['--min-semi-space-size=2', '--max-semi-space-size=2'];

/** A gateway, a worker or a storage server as its own process, as a user would run it: from the build, set by the environment alone. */
export interface StoaProcess {
  /** The clients' address of a gateway or a storage server. */
  readonly url: string;
  /** The operators' address. */
  readonly ops: string;
  readonly pid: number;
  /** Its log so far, one parsed JSON line an entry. */
  readonly log: Record<string, unknown>[];
  /** What it wrote beside its log, line by line. */
  readonly stray: string[];
  /** Its end, by whomever: the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** Resolves when it has logged a message that begins so. */
  says(start: string): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Sends a message to what is loaded into it, and resolves when one comes back. */
  tell(message: object): Promise<void>;
  /** SIGTERM, then the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** A program that runs the process in its turn: `['unshare', '-rm', ...]`. */
export type Wrapper = readonly [string, ...string[]];

interface ProcessOptions {
  readonly wrapper?: Wrapper;
  readonly log?: boolean;
}

/** Starts `stoa <command>` and resolves when it says that it serves; rejects with its output when it exits before. */
export async function startProcess(
  command: 'api' | 'worker' | 'storage',
  env: Record<string, string>,
  options: ProcessOptions = {},
): Promise<StoaProcess> {
  const child = spawnProcess(command, env, options);
  const log: Record<string, unknown>[] = [];
  const stray: string[] = [];
  const lines = new EventEmitter().setMaxListeners(0);
  let text = '';
  readLines(child, (line) => {
    text += `${line}\n`;
    if (line.startsWith('{')) log.push(JSON.parse(line) as Record<string, unknown>);
    else stray.push(line);
    lines.emit('line');
  });
  // Its end, and that of what it wrote.
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const exited = ended.then(([code]) => code);
  const ready = await Promise.race([
    once(child, 'message').then(([message]) => message as { url?: string; ops: string }),
    exited.then((code) => Promise.reject(new Error(`stoa ${command} exited with ${code}:\n${text}`))),
  ]);
  return {
    url: ready.url ?? '',
    ops: ready.ops,
    pid: child.pid!,
    log,
    stray,
    ended: ended.then(([code, signal]) => code ?? signal),
    async says(start) {
      while (!log.some(({ msg }) => String(msg).startsWith(start))) await once(lines, 'line');
    },
    signal: (name) => void child.kill(name),
    async tell(message) {
      const answered = once(child, 'message');
      child.send(message);
      await answered;
    },
    async stop() {
      child.kill('SIGTERM');
      return exited;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Starts `stoa <command>` without a wait. */
export function spawnProcess(
  command: 'api' | 'worker' | 'storage',
  env: Record<string, string>,
  { wrapper, log = true }: ProcessOptions = {},
): ChildProcess {
  const [program, ...words] = [...(wrapper ?? []), process.execPath, ...FLAGS, MAIN, command] as [string, ...string[]];
  return spawn(program, words, {
    stdio: ['ignore', log ? 'pipe' : 'ignore', 'pipe', 'ipc'],
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      STOA_LISTEN: '127.0.0.1:0',
      STOA_OPS_LISTEN: '127.0.0.1:0',
      STOA_LOG_FORMAT: 'json',
      ...env,
    },
  });
}

function readLines(child: ChildProcess, take: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(line);
    });
  }
}
