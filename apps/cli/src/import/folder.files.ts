import { constants, statSync } from 'node:fs';
import { copyFile, stat } from 'node:fs/promises';
import { errorCode } from '#libs/protocol';
import { FolderReader } from './folder-reader.js';
import type { FolderEntry } from './folder.thread.js';
import { Links } from './links.js';
import type { SourceFile, SourceFiles } from './source-files.js';
import type { Unfit } from './source.js';

/** Folders that are listed together. */
const FOLDERS = 64;

/** A tree in a local folder. */
export class FolderFiles implements SourceFiles {
  /** Twice as many as a storage of files syncs together: while it does, the next ones are read and checked. */
  readonly concurrency = 512;

  private readonly faults = new Map<string, Unfit>();
  private readonly reader = new FolderReader();

  constructor(private readonly root: string) {}

  async *all(): AsyncGenerator<SourceFile[]> {
    const folders = [''];
    const links = new Links(this.root);
    while (folders.length > 0) {
      const listed = folders.splice(-FOLDERS).map(async (folder) => ({ folder, entries: await this.entries(folder) }));
      for (const { folder, entries } of await Promise.all(listed)) {
        const files: SourceFile[] = [];
        for (const { name, kind } of entries) {
          const path = `${folder}${name}`;
          const is = kind === 'link' ? links.follow(this.place(path)) : kind;
          if (is === 'folder') folders.push(`${path}/`);
          else if (is === 'file') files.push({ path });
        }
        yield files;
      }
    }
  }

  unread(): Iterable<Unfit> {
    return this.faults.values();
  }

  async stat(path: string): Promise<{ size: number; modified: Date }> {
    const { size, mtime } = statSync(this.place(path));
    return { size, modified: mtime };
  }

  read(path: string, most: number): Promise<Buffer | null> {
    return this.reader.read(this.place(path), most);
  }

  async copy(path: string, to: string, most: number): Promise<number | null> {
    const from = this.place(path);
    if ((await stat(from)).size > most) return null;
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    return (await stat(to)).size;
  }

  close(): Promise<void> {
    return this.reader.close();
  }

  private async entries(folder: string): Promise<readonly FolderEntry[]> {
    try {
      return await this.reader.list(this.place(folder));
    } catch (error) {
      const code = errorCode(error);
      if (folder === '' || code === undefined) throw error;
      this.faults.set(folder, { name: folder, reason: `the folder can not be read (${code})` });
      return [];
    }
  }

  private place(path: string): string {
    return `${this.root}/${path}`;
  }
}
