import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { prefixFolder, UNFINISHED_FOLDER } from '../key.js';
import type { ObjectEntry } from '../object-store.js';
import { isAbsent } from './fs-error.js';

/**
 * Lists the files below a root by the byte order of their whole keys. What goes away meanwhile is left out.
 * Folders are keys with a trailing `/` on the stack, so that `a-b` sorts before what is in `a/`.
 */
export async function* listFiles(root: string, prefix: string, startAfter: string): AsyncGenerator<ObjectEntry> {
  const stack = [prefixFolder(prefix)];
  for (let key = stack.pop(); key !== undefined; key = stack.pop()) {
    if (key === '' || key.endsWith('/')) {
      const names = (await childKeys(root, key)).filter((child) => isWanted(child, prefix, startAfter));
      // Last first, for the stack gives back the one that was put on last.
      names.sort((a, b) => (a < b ? 1 : -1));
      for (const name of names) stack.push(name);
      continue;
    }
    const found = await unlessAbsent(stat(join(root, key)));
    if (found?.isFile()) yield { key, size: found.size, modified: found.mtime };
  }
}

async function childKeys(root: string, folder: string): Promise<string[]> {
  const children = (await unlessAbsent(readdir(join(root, folder), { withFileTypes: true }))) ?? [];
  return children
    .filter((child) => folder !== '' || child.name !== UNFINISHED_FOLDER)
    .map((child) => `${folder}${child.name}${child.isDirectory() ? '/' : ''}`);
}

/** A folder is wanted when something below it may be. */
function isWanted(key: string, prefix: string, startAfter: string): boolean {
  if (!key.endsWith('/')) return key.startsWith(prefix) && key > startAfter;
  return (key.startsWith(prefix) || prefix.startsWith(key)) && (key > startAfter || startAfter.startsWith(key));
}

async function unlessAbsent<T>(look: Promise<T>): Promise<T | null> {
  try {
    return await look;
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}
