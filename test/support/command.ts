import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Stack } from './stack.js';
import { spawnStoa } from './stoa-command.js';

/** What a command that ran to its end came to. */
export interface Ran {
  readonly code: number | null;
  /** The lines of its stdout. */
  readonly lines: string[];
  readonly stderr: string;
}

/** The settings of a command that works on the storage of a stack, from outside of it. */
export function settingsBeside(stack: Stack, env: Record<string, string>): Record<string, string> {
  return { STOA_REDIS_URL: stack.redis.url, STOA_DATA_DIR: `${stack.folder}/data`, GOSUMDB: 'off', ...env };
}

/** Runs `stoa <words>` from the build to its end. */
export async function runStoa(words: readonly string[], env: Record<string, string>): Promise<Ran> {
  const child = start(words, env);
  const [out, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, lines: out.split('\n').filter((line) => line !== ''), stderr };
}

/** Runs `stoa <words>` until a line of its stdout fits, and kills it there. Throws when it ends before. */
export async function killStoaAt(
  pattern: RegExp,
  words: readonly string[],
  env: Record<string, string>,
): Promise<void> {
  const child = start(words, env);
  const exited = once(child, 'exit');
  child.stderr.resume();
  for await (const line of createInterface({ input: child.stdout })) {
    if (!pattern.test(line)) continue;
    child.kill('SIGKILL');
    await exited;
    return;
  }
  throw new Error(`stoa ${words.join(' ')} ended before it said ${String(pattern)}`);
}

function start(words: readonly string[], env: Record<string, string>) {
  const child = spawnStoa(words, env);
  child.stdin.end();
  return child;
}
