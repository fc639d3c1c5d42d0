import { createWriteStream, existsSync, openSync, readdirSync, rmSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UNFINISHED_FOLDER } from '../key.js';
import type { SourceReader } from '../source-reader.js';
import { makeRoot } from './folders.js';
import { isAbsent } from './fs-error.js';
import { removeFile, unfinishedPath } from './put-file.js';

/** Unfinished files that are older were left by a crash, in milliseconds. No put takes as long. */
const LEFTOVER_AGE = 24 * 60 * 60 * 1000;

/** What unfinishedPath makes names of. */
const OUR_NAME = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Makes the folder of unfinished files and removes what a crash left in it. */
export async function openUnfinished(root: string): Promise<void> {
  const folder = join(root, UNFINISHED_FOLDER);
  makeRoot(folder);
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(orAbsent({ mtimeMs: Infinity }));
    if (mtimeMs < Date.now() - LEFTOVER_AGE) await rm(path, { recursive: true, force: true });
  }
}

/** Gives the folder of unfinished files below a root when something is in it that no storage made; else null. */
export function strangeUnfinished(root: string): string | null {
  const folder = join(root, UNFINISHED_FOLDER);
  return existsSync(folder) && !readdirSync(folder).every((name) => OUR_NAME.test(name)) ? folder : null;
}

/** Removes the folder of unfinished files below a root that nobody writes to any more. */
export function removeUnfinished(root: string): void {
  rmSync(join(root, UNFINISHED_FOLDER), { recursive: true, force: true });
}

/** Spools a stream into an unfinished file for as long as it is used. */
export async function spooled<T>(
  root: string,
  reader: SourceReader,
  signal: AbortSignal | undefined,
  use: (file: string) => Promise<T>,
): Promise<T> {
  const file = unfinishedPath({ root });
  try {
    // Opened here and now: a stream that opens by itself may make the file after a source that failed at once.
    await pipeline(reader, createWriteStream('', { fd: openSync(file, 'wx') }), { signal });
    return await use(file);
  } finally {
    removeFile(file);
  }
}

function orAbsent<T>(fallback: T): (error: unknown) => T {
  return (error) => {
    if (isAbsent(error)) return fallback;
    throw error;
  };
}
