import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModuleVersion } from '#libs/protocol';
import type { FetchedFile } from '#libs/fetcher';
import type { ModuleStore } from '#libs/storage';

/** A copy of a stored zip. */
export interface StoredZip extends FetchedFile {
  /** Of the stored object. */
  readonly etag: string;
}

/** What bytes pass on their way into the copy. */
export type Passage = (bytes: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;

/** Copies a stored zip into a folder; null when none is stored. */
export async function copyStoredZip(
  modules: ModuleStore,
  version: ModuleVersion,
  folder: string,
  signal: AbortSignal,
  passage: Passage = (bytes) => bytes,
): Promise<StoredZip | null> {
  const found = await modules.get({ kind: 'zip', ...version });
  if (found === null) return null;
  const { stat, body } = found;
  const path = join(folder, 'stored.zip');
  try {
    await writeFile(path, passage(Buffer.isBuffer(body) ? once(body) : body), { signal });
  } finally {
    // One that could not even begin has not taken the stream.
    if (!Buffer.isBuffer(body)) body.destroy();
  }
  return { path, size: stat.size, source: 'storage', etag: stat.etag };
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
