import { closeSync, fsync, mkdirSync, openSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { errorCode } from './fs-error.js';

/** Makes a folder and what is missing above it, durably: each new name is synced in the folder that holds it. */
export async function makeFolder(path: string): Promise<void> {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** Makes what happened to the names in a folder survive a power failure. A folder that is gone is no error. */
export async function syncFolder(path: string): Promise<void> {
  const folder = openUnlessGone(path);
  if (folder === null) return;
  try {
    await promisify(fsync)(folder);
  } finally {
    closeSync(folder);
  }
}

/** Removes a folder and those above it, up to and without `root`, as far as they are empty. */
export async function pruneFolders(path: string, root: string): Promise<void> {
  for (let folder = path; folder.length > root.length; folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch (error) {
      const code = errorCode(error);
      // Another delete was quicker: what is above may still be empty.
      if (code === 'ENOENT') continue;
      if (code === 'ENOTEMPTY' || code === 'EEXIST') return;
      throw error;
    }
  }
}

function openUnlessGone(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
