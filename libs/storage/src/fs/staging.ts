import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs';
import { mkdir, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { SMALL_OBJECT } from '../body.js';
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

const sync = promisify(fsync);
const writeFile = promisify(write);

/**
 * Where files are made whole before they get their name: a folder below the root, so on the same file system.
 *
 * Names are made and removed by synchronous calls: some microseconds each, where handing them to Node's thread pool
 * costs the event loop several times as much (a put has nine of them). What waits for the disk, writing and syncing
 * bytes, goes through the pool.
 */
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
      this.remove(path);
      throw error;
    }
  }

  remove(path: string): void {
    try {
      unlinkSync(path);
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }

  private async link(file: string, path: string, size: number): Promise<boolean> {
    const handle = openSync(file, 'r');
    try {
      const found = fstatSync(handle);
      if (found.size !== size) throw new SourceError(`source has ${found.size} bytes in place of ${size}`);
      await sync(handle);
      this.inFolder(() => linkSync(file, path));
      return true;
    } catch (error) {
      if (NO_LINK.has(errorCode(error) ?? '')) return false;
      throw error;
    } finally {
      closeSync(handle);
    }
  }

  private async write(path: string, reader: SourceReader, signal?: AbortSignal): Promise<void> {
    const handle = this.inFolder(() => openSync(path, 'wx'));
    let written = 0;
    try {
      for await (const chunk of reader) {
        signal?.throwIfAborted();
        for (let done = 0; done < chunk.length; ) done += await writePart(handle, chunk, done);
        written += chunk.length;
      }
      if (written > 0) await sync(handle);
    } finally {
      closeSync(handle);
    }
  }

  /** Somebody may have cleared the folder away; a root that is gone is not made anew, its disk may be unmounted. */
  private inFolder<T>(make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      mkdirUnlessThere(this.folder);
      return make();
    }
  }
}

/** Writes what the system takes at once of a chunk's rest; bytes. A few go to the page cache without a wait. */
async function writePart(handle: number, chunk: Buffer, done: number): Promise<number> {
  if (chunk.length <= SMALL_OBJECT) return writeSync(handle, chunk, done);
  return (await writeFile(handle, chunk, done)).bytesWritten;
}

function mkdirUnlessThere(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
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
      if (mode === 'create') linkSync(staged, target);
      else renameSync(staged, target);
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
    makeFolder(folder);
  }
}

function orAbsent<T>(fallback: T): (error: unknown) => T {
  return (error) => {
    if (isAbsent(error)) return fallback;
    throw error;
  };
}
