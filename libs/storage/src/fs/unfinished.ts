import { randomUUID } from 'node:crypto';
import { createWriteStream, openSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UNFINISHED_FOLDER } from '../key.js';
import type { SourceReader } from '../source-reader.js';
import { isAbsent } from './fs-error.js';
import { removeFile } from './put-file.js';

/** Unfinished files that are older were left by a crash, in milliseconds. No put takes as long. */
const LEFTOVER_AGE = 24 * 60 * 60 * 1000;

/** Makes the folder of unfinished files and removes what a crash left in it. */
export async function openUnfinished(root: string): Promise<void> {
  const folder = join(root, UNFINISHED_FOLDER);
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(orAbsent({ mtimeMs: Infinity }));
    if (mtimeMs < Date.now() - LEFTOVER_AGE) await rm(path, { recursive: true, force: true });
  }
}

/** Spools a stream into an unfinished file for as long as it is used. */
export async function spooled<T>(
  root: string,
  reader: SourceReader,
  signal: AbortSignal | undefined,
  use: (file: string) => Promise<T>,
): Promise<T> {
  const file = join(root, UNFINISHED_FOLDER, randomUUID());
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
