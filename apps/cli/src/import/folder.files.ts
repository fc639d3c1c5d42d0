import { constants, copyFileSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { SourceFiles } from './source-files.js';

/** Larger files are copied off the event loop. */
const LARGE = 1024 * 1024;
/** Folders that are read in one turn of the event loop. */
const FOLDERS = 64;
const COPY = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;

/** A tree in a local folder. Looks and small reads are synchronous: a turn through Node's thread pool costs more. */
export class FolderFiles implements SourceFiles {
  /** As many as the storage syncs together. */
  readonly concurrency = 256;

  constructor(private readonly root: string) {}

  /** Throws the system's error for a folder that can't be read: what is in it would be left out unseen. */
  async *paths(): AsyncGenerator<string> {
    const folders = [''];
    for (let folder = folders.pop(), read = 1; folder !== undefined; folder = folders.pop(), read++) {
      if (read % FOLDERS === 0) await turn();
      for (const entry of readdirSync(join(this.root, folder), { withFileTypes: true })) {
        if (entry.isDirectory()) folders.push(`${folder}${entry.name}/`);
        else if (entry.isFile()) yield `${folder}${entry.name}`;
      }
    }
  }

  async size(path: string): Promise<number> {
    return statSync(join(this.root, path)).size;
  }

  async modified(path: string): Promise<Date> {
    return statSync(join(this.root, path)).mtime;
  }

  async read(path: string): Promise<Buffer> {
    return readFileSync(join(this.root, path));
  }

  async copy(path: string, to: string): Promise<void> {
    const from = join(this.root, path);
    if (statSync(from).size > LARGE) await copyFile(from, to, COPY);
    else copyFileSync(from, to, COPY);
  }

  async close(): Promise<void> {}
}
