import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/apps/cli/src/main.js', import.meta.url));

/** Starts `stoa <words>` from the build, set by `env` alone; all its streams are pipes. */
export function spawnStoa(
  words: readonly string[],
  env: Record<string, string>,
  cwd?: string,
): ChildProcessByStdio<Writable, Readable, Readable> {
  return spawn(process.execPath, [MAIN, ...words], {
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
  });
}
