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
  const path = join(folder, 'stored.zip');
  await writeFile(path, passage(Buffer.isBuffer(found.body) ? once(found.body) : found.body), { signal });
  return { path, size: found.stat.size, source: 'storage', etag: found.stat.etag };
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
