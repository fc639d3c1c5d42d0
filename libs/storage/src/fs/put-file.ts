import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { UNFINISHED_FOLDER } from '../key.js';
import { SourceError } from '../source-reader.js';
import { errorCode, isAbsent } from './fs-error.js';
import { makeFolder, syncFolder } from './folders.js';

/** How often a parent folder may be removed between being made and being used. */
const FOLDER_TRIES = 20;
/** The file system can't link here: another file system, no hard links, too many, or a file of somebody else. */
const NO_LINK = new Set(['EXDEV', 'EPERM', 'EACCES', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** A file to make: paths are absolute. */
export interface PutTask {
  readonly root: string;
  readonly target: string;
  readonly mode: 'create' | 'replace';
  /** The bytes, or a finished file of so many bytes that stays where it is. */
  readonly source: Uint8Array | { readonly file: string; readonly size: number };
}

/**
 * Makes a file whole in `.tmp`, below the root and so on the same file system, syncs it, gives it its name (by link to
 * create, for a rename would overwrite; by rename to replace) and syncs the folder. False: `create` came second.
 * Synchronous from end to end, for a thread of its own: each of its ten calls may wait for the file system's journal.
 * Throws system errors, and SourceError when the source has another size.
 */
export function putFile({ root, target, mode, source }: PutTask): boolean {
  const folder = join(root, UNFINISHED_FOLDER);
  const staged = join(folder, randomUUID());
  try {
    inFolder(folder, () => stage(source, staged));
    return commit(staged, target, mode);
  } finally {
    removeFile(staged);
  }
}

/** Removes a file that may be gone. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

function stage(source: PutTask['source'], path: string): void {
  if (source instanceof Uint8Array) {
    withFile(path, 'wx', (file) => {
      for (let done = 0; done < source.length;) done += writeSync(file, source, done);
      if (source.length > 0) fsyncSync(file);
    });
    return;
  }
  const { size } = statSync(source.file);
  if (size !== source.size) throw new SourceError(`source has ${size} bytes in place of ${source.size}`);
  try {
    linkSync(source.file, path);
  } catch (error) {
    if (!NO_LINK.has(errorCode(error) ?? '')) throw error;
    copyFileSync(source.file, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }
  withFile(path, 'r', fsyncSync);
}

function commit(staged: string, target: string, mode: PutTask['mode']): boolean {
  const folder = dirname(target);
  for (let tries = 1; ; tries++) {
    try {
      if (mode === 'create') linkSync(staged, target);
      else renameSync(staged, target);
      syncFolder(folder);
      return true;
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EEXIST' && mode === 'create') {
        // Who came first may not have synced the folder yet, and the caller goes on as if the file were safe.
        syncFolder(folder);
        return false;
      }
      if (code !== 'ENOENT' || tries === FOLDER_TRIES) throw error;
    }
    makeFolder(folder);
  }
}

/** Somebody may have cleared the folder away; a root that is gone is not made anew, its disk may be unmounted. */
function inFolder(folder: string, make: () => void): void {
  try {
    make();
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    try {
      mkdirSync(folder);
    } catch (failed) {
      if (errorCode(failed) !== 'EEXIST') throw failed;
    }
    make();
  }
}

function withFile(path: string, flags: 'wx' | 'r', use: (file: number) => void): void {
  const file = openSync(path, flags);
  try {
    use(file);
  } finally {
    closeSync(file);
  }
}
