import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, statSync, type Dirent } from 'node:fs';
import { copyFile, stat } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { Links } from './links.js';
import type { SourceFile, SourceFiles } from './source-files.js';
import type { Unfit } from './source.js';

/** Bytes that are read at once: more than a small file has. */
const PIECE = 64 << 10;
/** Folders that are read in one turn of the event loop. */
const FOLDERS = 64;

/** A tree in a local folder. Looks and small reads are synchronous: a turn through Node's thread pool costs more. */
export class FolderFiles implements SourceFiles {
  /** Twice as many as a storage of files syncs together: while it does, the next ones are read and checked. */
  readonly concurrency = 512;

  private readonly faults = new Map<string, Unfit>();
  private readonly piece = Buffer.allocUnsafeSlow(PIECE);

  constructor(private readonly root: string) {}

  async *all(): AsyncGenerator<SourceFile[]> {
    const folders = [''];
    const links = new Links(this.root);
    for (let folder = folders.pop(), read = 1; folder !== undefined; folder = folders.pop(), read++) {
      if (read % FOLDERS === 0) await turn();
      const files: SourceFile[] = [];
      for (const entry of this.entries(folder)) {
        const path = `${folder}${entry.name}`;
        const link = entry.isSymbolicLink() ? links.follow(this.place(path)) : null;
        if (entry.isDirectory() || link === 'folder') folders.push(`${path}/`);
        else if (entry.isFile() || link === 'file') files.push({ path });
      }
      yield files;
    }
  }

  unread(): Iterable<Unfit> {
    return this.faults.values();
  }

  async stat(path: string): Promise<{ size: number; modified: Date }> {
    const { size, mtime } = statSync(this.place(path));
    return { size, modified: mtime };
  }

  async read(path: string, most: number): Promise<Buffer | null> {
    const file = openSync(this.place(path), 'r');
    try {
      const first = readSync(file, this.piece, 0, this.piece.length, 0);
      // A look at its size would cost as much as to read a small one.
      const size = first < this.piece.length ? first : fstatSync(file).size;
      if (size > most) return null;
      if (size === first) return Buffer.from(this.piece.subarray(0, size));
      const bytes = Buffer.allocUnsafeSlow(size);
      // What is written meanwhile is read or not: the caller checks what was read.
      return bytes.subarray(0, readSync(file, bytes, 0, size, 0));
    } finally {
      closeSync(file);
    }
  }

  async copy(path: string, to: string, most: number): Promise<number | null> {
    const from = this.place(path);
    if ((await stat(from)).size > most) return null;
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    return (await stat(to)).size;
  }

  async close(): Promise<void> {}

  private entries(folder: string): Dirent[] {
    try {
      return readdirSync(this.place(folder), { withFileTypes: true });
    } catch (error) {
      if (folder === '' || !(error instanceof Error && 'code' in error)) throw error;
      this.faults.set(folder, { name: folder, reason: `the folder can not be read (${String(error.code)})` });
      return [];
    }
  }

  private place(path: string): string {
    return `${this.root}/${path}`;
  }
}
