import { mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CommandEnd } from './command.js';
import type { Files } from './module-zip.js';

/** A data dir of commands that run by themselves: a storage of files, and no Redis. */
export interface DataDir {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Reads a stored object; null when it is absent. */
  stored(key: string): Promise<Buffer | null>;
}

/** Makes an empty one in a folder. */
export async function newDataDir(parent: string): Promise<DataDir> {
  const folder = await mkdtemp(join(parent, 'data-'));
  return {
    folder,
    env: { STOA_DATA_DIR: folder, STOA_REDIS_URL: `unix://${folder}/no-redis` },
    stored: (key) => readFile(join(folder, 'storage', key)).catch(() => null),
  };
}

/** Writes files below a folder. */
export async function writeFiles(root: string, files: Files): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
}

/** All files below a folder with their inodes and times: what is written again has others. */
export async function snapshot(root: string): Promise<string[]> {
  const names = await readdir(root, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.sort().map(async (file) => {
      const { ino, mtimeMs } = await stat(file);
      return `${file} ${ino} ${mtimeMs}`;
    }),
  );
}

/** The first line that a command answered. */
export function summaryOf({ lines }: CommandEnd): string {
  return lines[0] ?? '';
}
