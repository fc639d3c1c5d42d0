import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Stack } from './stack.js';

const MAIN = fileURLToPath(new URL('../../dist/apps/cli/src/main.js', import.meta.url));

/** How a command ended. */
export interface CommandEnd {
  /** Null after a signal. */
  readonly code: number | null;
  readonly out: string;
  /** The lines of `out`. */
  readonly lines: string[];
  readonly err: string;
}

/** A command that runs. */
export interface RunningCommand {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly end: Promise<CommandEnd>;
}

/** The settings of a command that works on the storage of a stack, from outside of it. */
export function settingsBeside(stack: Stack, env: Record<string, string>): Record<string, string> {
  return { STOA_REDIS_URL: stack.redis.url, STOA_DATA_DIR: `${stack.folder}/data`, GOSUMDB: 'off', ...env };
}

/** Starts `stoa <words>` from the build, set by `env` alone; `input` is its stdin. */
export function startCommand(words: readonly string[], env: Record<string, string>, input = ''): RunningCommand {
  const child = spawn(process.execPath, [MAIN, ...words], {
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      GOPROXY: 'off',
      GOSUMDB: 'off',
      ...env,
    },
  });
  child.stdin.end(input);
  const end = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]).then(([out, err]) => ({
    code: child.exitCode,
    out,
    lines: out.split('\n').filter((line) => line !== ''),
    err,
  }));
  return { child, end };
}

/** Runs `stoa <words>` to its end. */
export async function runCommand(
  words: readonly string[],
  env: Record<string, string>,
  input?: string,
): Promise<CommandEnd> {
  return startCommand(words, env, input).end;
}

/** Runs `stoa <words>` until its stdout fits, and kills it there. Throws when it ends before. */
export async function killCommandAt(
  pattern: RegExp,
  words: readonly string[],
  env: Record<string, string>,
): Promise<void> {
  const { child, end } = startCommand(words, env);
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += String(chunk);
    if (pattern.test(said)) child.kill('SIGKILL');
  });
  if ((await end).code !== null) throw new Error(`stoa ${words.join(' ')} ended before it said ${String(pattern)}`);
}
