import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { spawnStoa } from './stoa-command.js';

/** How a command ended. */
export interface CommandEnd {
  /** Null after a signal. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A command that runs. */
export interface RunningCommand {
  readonly child: ChildProcess;
  readonly end: Promise<CommandEnd>;
}

/** Starts `stoa <words>` from the build, set by `env` alone; `input` is its stdin. */
export function startCommand(words: readonly string[], env: Record<string, string>, input = ''): RunningCommand {
  const child = spawnStoa(words, { GOPROXY: 'off', GOSUMDB: 'off', ...env }, '/');
  child.stdin.end(input);
  const end = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]).then(([out, err]) => ({
    code: child.exitCode,
    out,
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
