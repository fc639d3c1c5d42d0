import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UNFINISHED_FOLDER } from '../key.js';
import type { ObjectSource, PutOptions } from '../object-store.js';
import { SourceError, SourceReader } from '../source-reader.js';
import { errorCode, isAbsent } from './fs-error.js';
import { makeFolder, syncFolder } from './folders.js';

/** Unfinished files that are older were left by a crash, in milliseconds. No put takes as long. */
const LEFTOVER_AGE = 24 * 60 * 60 * 1000;
/** How often a parent folder may be removed between being made and being used. */
const FOLDER_TRIES = 20;
/** The file system can't link here: another file system, no hard links, too many, or a file of somebody else. */
const NO_LINK = new Set(['EXDEV', 'EPERM', 'EACCES', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Where files are made whole before they get their name: a folder below the root, so on the same file system. */
export class Staging {
  private readonly folder: string;

  constructor(root: string) {
    this.folder = join(root, UNFINISHED_FOLDER);
  }

  /** Makes the folder and removes what a crash left in it. */
  async open(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    for (const name of await readdir(this.folder)) {
      const path = join(this.folder, name);
      const { mtimeMs } = await stat(path).catch(orAbsent({ mtimeMs: Infinity }));
      if (mtimeMs < Date.now() - LEFTOVER_AGE) await unlink(path).catch(orAbsent(undefined));
    }
  }

  /** Gives the path of a file with the source's bytes, synced to disk. The caller removes it. */
  async stage(source: ObjectSource, reader: SourceReader, options: PutOptions): Promise<string> {
    const path = join(this.folder, randomUUID());
    try {
      const linked = !Buffer.isBuffer(source) && 'file' in source && (await this.link(source.file, path, options.size));
      if (!linked) await this.write(path, reader, options.signal);
      return path;
    } catch (error) {
      await this.remove(path);
      throw error;
    }
  }

  async remove(path: string): Promise<void> {
    await unlink(path).catch(orAbsent(undefined));
  }

  private async link(file: string, path: string, size: number): Promise<boolean> {
    const handle = await open(file, 'r');
    try {
      const found = await handle.stat();
      if (found.size !== size) throw new SourceError(`source has ${found.size} bytes in place of ${size}`);
      await handle.sync();
      await this.inFolder(() => link(file, path));
      return true;
    } catch (error) {
      if (NO_LINK.has(errorCode(error) ?? '')) return false;
      throw error;
    } finally {
      await handle.close();
    }
  }

  private async write(path: string, reader: SourceReader, signal?: AbortSignal): Promise<void> {
    const handle = await this.inFolder(() => open(path, 'wx'));
    try {
      await handle.writeFile(reader, { signal });
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** Somebody may have cleared the folder away; a root that is gone is not made anew, its disk may be unmounted. */
  private async inFolder<T>(make: () => Promise<T>): Promise<T> {
    try {
      return await make();
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      await mkdir(this.folder).catch((failed: unknown) => {
        if (errorCode(failed) !== 'EEXIST') throw failed;
      });
      return make();
    }
  }
}

/**
 * Gives a staged file its name, durably. `create` links, for a rename would overwrite: false when the name is taken.
 * The staged file may stay behind.
 */
export async function commit(staged: string, target: string, mode: PutOptions['mode']): Promise<boolean> {
  const folder = dirname(target);
  for (let tries = 1; ; tries++) {
    try {
      await (mode === 'create' ? link(staged, target) : rename(staged, target));
      await syncFolder(folder);
      return true;
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EEXIST' && mode === 'create') {
        // Who came first may not have synced the folder yet, and the caller goes on as if the file were safe.
        await syncFolder(folder);
        return false;
      }
      if (code !== 'ENOENT' || tries === FOLDER_TRIES) throw error;
    }
    await makeFolder(folder).catch((error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw error;
    });
  }
}

function orAbsent<T>(fallback: T): (error: unknown) => T {
  return (error) => {
    if (isAbsent(error)) return fallback;
    throw error;
  };
}
