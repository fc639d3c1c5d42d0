import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode } from '#libs/protocol';
import { UNFINISHED_FOLDER } from '../key.js';
import { SourceError } from '../source-reader.js';
import { isAbsent } from './fs-error.js';
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

/** What became of files that were to be made in turn: how many were, up to one that `create` found there. */
export type PutOutcome = { readonly made: number } | { readonly error: unknown };

/**
 * Makes files: each whole in `.tmp`, below the root and so on the same file system, synced, and given its name (by
 * link to create, for a rename would overwrite; by rename to replace). Then the names are synced, all at once: see
 * syncFolder. Synchronous from end to end, for a thread of its own. Each series is made in its order; its outcome is as
 * if it were alone. Errors are system errors, and SourceError when a source has another size.
 */
export function putFiles(series: readonly (readonly PutTask[])[]): PutOutcome[] {
  return makeInTurn(series, makeFile);
}

/** Makes series of files with a function that gives false where `create` came second, and syncs their names. */
export function makeInTurn<T extends { readonly target: string }>(
  series: readonly (readonly T[])[],
  make: (task: T) => boolean,
): PutOutcome[] {
  // The last name that was given covers those before it. One that others gave may be in a folder that was not touched.
  let last: string | undefined;
  const met = new Set<string>();
  const outcomes = series.map((tasks): PutOutcome => {
    let made = 0;
    try {
      for (const task of tasks) {
        const folder = dirname(task.target);
        if (!make(task)) {
          met.add(folder);
          break;
        }
        last = folder;
        made++;
      }
      return { made };
    } catch (error) {
      return { error };
    }
  });
  try {
    for (const folder of last === undefined ? met : met.add(last)) syncFolder(folder);
    return outcomes;
  } catch (error) {
    return outcomes.map((outcome) => ('made' in outcome ? { error } : outcome));
  }
}

/** False: `create` came second. */
function makeFile(task: PutTask): boolean {
  if (isEmptyCreate(task)) return createEmpty(task);
  const staged = unfinishedPath(task);
  try {
    stageFile(task, staged, { sync: true });
    return nameFile(task, staged);
  } finally {
    removeFile(staged);
  }
}

/** Whether a task makes an empty file that may be named at once: it is whole as soon as it has a name. */
export function isEmptyCreate({ source, mode }: PutTask): boolean {
  return mode === 'create' && source instanceof Uint8Array && source.length === 0;
}

/** Makes such a file. False: there was one. */
export function createEmpty({ target }: PutTask): boolean {
  return named(target, 'create', () => closeSync(openSync(target, 'wx')));
}

/** Gives a path of an unfinished file, or of a folder of such. */
export function unfinishedPath({ root }: Pick<PutTask, 'root'>): string {
  return join(root, UNFINISHED_FOLDER, randomUUID());
}

/** Writes the unfinished file of a task, synced or not. */
export function stageFile({ source }: PutTask, path: string, { sync }: { readonly sync: boolean }): void {
  inFolder(dirname(path), () => stage(source, path, sync));
}

/** Removes a file that may be gone. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

function stage(source: PutTask['source'], path: string, sync: boolean): void {
  if (source instanceof Uint8Array) {
    withFile(path, 'wx', (file) => {
      for (let done = 0; done < source.length;) done += writeSync(file, source, done);
      if (sync && source.length > 0) fsyncSync(file);
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
  if (sync) syncFile(path);
}

/** Names an unfinished file. False: `create` came second. Who took the name may not have synced it yet. */
export function nameFile({ target, mode }: PutTask, staged: string): boolean {
  return named(target, mode, () => (mode === 'create' ? linkSync(staged, target) : renameSync(staged, target)));
}

/** Makes the folder of a target where it is missing. False: `create` came second. */
function named(target: string, mode: PutTask['mode'], give: () => void): boolean {
  for (let tries = 1; ; tries++) {
    try {
      give();
      return true;
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EEXIST' && mode === 'create') {
        if (isFileOrGone(target)) return false;
        // No reader finds it there, so nobody may take it for stored.
        throw error;
      }
      if (code !== 'ENOENT' || tries === FOLDER_TRIES) throw error;
    }
    makeFolder(dirname(target));
  }
}

/** False: what has the name is a folder, say, or a link that leads nowhere. */
function isFileOrGone(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false }) ?? lstatSync(path, { throwIfNoEntry: false });
  return found?.isFile() ?? true;
}

/** Somebody may have cleared the folder away; a root that is gone is not made anew, its disk may be unmounted. */
export function inFolder(folder: string, make: () => void): void {
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

/** Makes the bytes of a file survive a power failure. */
export function syncFile(path: string): void {
  withFile(path, 'r', fsyncSync);
}

function withFile(path: string, flags: 'wx' | 'r', use: (file: number) => void): void {
  const file = openSync(path, flags);
  try {
    use(file);
  } finally {
    closeSync(file);
  }
}
