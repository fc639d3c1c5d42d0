import { mkdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Stack } from './stack.js';

/** The path of a stored object in a stack on file storage. */
export function storedPath(stack: Stack, key: string): string {
  return join(stack.folder, 'data', 'storage', key);
}

/** Makes a stored object as old as if it had been written so many milliseconds ago. A gateway's memory does not see it. */
export async function age(stack: Stack, key: string, milliseconds: number): Promise<void> {
  const then = new Date(Date.now() - milliseconds);
  await utimes(storedPath(stack, key), then, then);
}

/** Reads a stored object; null when it is absent. */
export async function readStored(stack: Stack, key: string): Promise<string | null> {
  return readFile(storedPath(stack, key), 'utf8').catch(() => null);
}

/** Stores an object behind the back of all processes, whole or not at all. */
export async function writeStored(stack: Stack, key: string, text: string): Promise<void> {
  const path = storedPath(stack, key);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}
