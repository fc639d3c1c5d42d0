import { closeSync, fsyncSync, mkdirSync, openSync, rmdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '#libs/protocol';

/**
 * Makes a folder below a root and what is missing above it. The new names are not synced one by one: journaling file
 * systems write names in their order, so the sync of the folder that a file is put into covers those of the folders above
 * it. Where that does not hold, a power failure may lose the file, whole, and the next request fetches it again.
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    // Somebody removed a folder on the way just then: the caller tries again.
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/**
 * Makes a folder that somebody named, a root, and what is missing above it. Throws system errors. With `recursive` Node
 * tries for ever where a folder that is there says ENOENT, as those of /proc do.
 */
export function makeRoot(path: string, mode?: number): void {
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if (isFolder(path)) return;
    const above = dirname(path);
    if (errorCode(error) !== 'ENOENT' || isFolder(above)) throw error;
    makeRoot(above, mode);
    makeRoot(path, mode);
  }
}

/**
 * Makes what happened to the names in a folder survive a power failure, and with them all names that were given before,
 * in whatever folder: see makeFolder for why, and for file systems of which that is not true. A folder that is gone is
 * no error.
 */
export function syncFolder(path: string): void {
  const folder = openUnlessGone(path);
  if (folder === null) return;
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** The same in Node's thread pool: the event loop does not wait for the disk. */
export async function syncFolderAside(path: string): Promise<void> {
  try {
    await using folder = await open(path, 'r');
    await folder.sync();
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** Removes a folder and those above it, up to and without `root`, as far as they are empty. */
export function pruneFolders(path: string, root: string): void {
  for (let folder = path; folder.length > root.length; folder = dirname(folder)) {
    try {
      rmdirSync(folder);
    } catch (error) {
      const code = errorCode(error);
      // Another delete was quicker: what is above may still be empty.
      if (code === 'ENOENT') continue;
      if (code === 'ENOTEMPTY' || code === 'EEXIST') return;
      throw error;
    }
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function openUnlessGone(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
