import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import {
  createEmpty,
  isEmptyCreate,
  makeInTurn,
  nameFile,
  removeFile,
  stageFile,
  syncFile,
  unfinishedPath,
  type PutOutcome,
  type PutTask,
} from './put-file.js';

/** From so many files on they are synced with their file system: that takes as long as to sync some five one by one. */
const MANY = 8;

/** An unfinished file, or why there is none. */
type Staged = { readonly path: string } | { readonly error: unknown };

/**
 * Does what putFiles does, quicker for many small files and slower for a few: all of them are written, then all are
 * synced in one go, then they are named in their order.
 */
export function putFilesTogether(series: readonly (readonly PutTask[])[]): PutOutcome[] {
  const toStage = series.flat().filter((task) => !isEmptyCreate(task));
  const staged = new Map(toStage.map((task) => [task, stage(task)]));
  const paths = [...staged.values()].flatMap((file) => ('path' in file ? [file.path] : []));
  try {
    syncFiles(paths);
    return makeInTurn(series, (task) => {
      const file = staged.get(task);
      if (file === undefined) return createEmpty(task);
      if ('error' in file) throw file.error;
      return nameFile(task, file.path);
    });
  } catch (error) {
    return series.map(() => ({ error }));
  } finally {
    for (const path of paths) removeFile(path);
  }
}

function stage(task: PutTask): Staged {
  const path = unfinishedPath(task);
  try {
    stageFile(task, path, { sync: false });
    return { path };
  } catch (error) {
    removeFile(path);
    return { error };
  }
}

function syncFiles(paths: readonly string[]): void {
  const [first] = paths;
  if (first !== undefined && paths.length >= MANY && syncFileSystem(dirname(first))) return;
  for (const path of paths) syncFile(path);
}

/** Node has no syncfs(2); coreutils and BusyBox have. Elsewhere `sync` may return before it is done. */
function syncFileSystem(folder: string): boolean {
  return process.platform === 'linux' && spawnSync('sync', ['-f', folder], { stdio: 'ignore' }).status === 0;
}
