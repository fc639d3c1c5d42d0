import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModuleVersion } from '#libs/protocol';
import type { FetchedFile } from '#libs/fetcher';
import type { ModuleStore } from '#libs/storage';

/** Copies a stored zip into a folder; null when none is stored. */
export async function copyStoredZip(
  modules: ModuleStore,
  version: ModuleVersion,
  folder: string,
  signal: AbortSignal,
): Promise<FetchedFile | null> {
  const found = await modules.get({ kind: 'zip', ...version });
  if (found === null) return null;
  const path = join(folder, 'stored.zip');
  await writeFile(path, found.body, { signal });
  return { path, size: found.stat.size, source: 'storage' };
}
