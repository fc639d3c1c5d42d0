import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { makeFolder } from './folders.js';
import {
  createEmpty,
  inFolder,
  isEmptyCreate,
  makeInTurn,
  nameFile,
  stageFile,
  syncFile,
  unfinishedPath,
  type PutOutcome,
  type PutTask,
} from './put-file.js';

/** From so many files on they are synced with their file system: that takes as long as to sync some five one by one. */
const MANY = 8;

/** A folder of unfinished files that are all for one folder, each under its last name. */
interface Staging {
  readonly path: string;
  readonly target: string;
  readonly steps: Map<string, Step>;
  /** Whether its files are to be named one by one. */
  singly: boolean;
}

/** A task on its way. */
interface Step {
  readonly task: PutTask;
  readonly target: string;
  /** What is named in front of it. */
  readonly before: Step | null;
  /** Where its file is, or why there is none; null: it is made when it is named. */
  readonly staged: { readonly path: string; readonly staging: Staging | null } | { readonly error: unknown } | null;
  isNamed: boolean;
}

/**
 * Does what putFiles does, quicker for many small files and slower for a few: all of them are written, then all are
 * synced in one go, then they are named in their order. New ones for one folder are written into one. If there is no such
 * folder yet, it takes its name with all that is in it: to name a file and to take its first name away costs as much as
 * to write it.
 */
export function putFilesTogether(series: readonly (readonly PutTask[])[]): PutOutcome[] {
  const area = new StagingArea();
  try {
    const steps = series.map((tasks) => {
      let before: Step | null = null;
      return tasks.map((task) => (before = stage(task, before, area)));
    });
    syncFiles(steps.flat());
    return makeInTurn(steps, nameStep);
  } catch (error) {
    return series.map(() => ({ error }));
  } finally {
    area.clear();
  }
}

/** Where the files of a batch are before they have their names. */
class StagingArea {
  private readonly folders = new Map<string, Staging>();
  private readonly paths: string[] = [];

  /** Gives a place for the file of a task. */
  place(task: PutTask): { readonly path: string; readonly staging: Staging | null } {
    // What is replaced is in a folder that is there.
    const staging = task.mode === 'create' ? this.folder(task) : null;
    return { path: staging ? `${staging.path}/${basename(task.target)}` : this.another(task), staging };
  }

  /** Removes what has no other name. */
  clear(): void {
    for (const path of this.paths) rmSync(path, { recursive: true, force: true });
  }

  private folder(task: PutTask): Staging {
    const target = dirname(task.target);
    const known = this.folders.get(target);
    // A second file of one name has a folder of its own, and meets the first when it is named.
    if (known && !known.steps.has(task.target)) return known;
    const staging = { path: this.another(task), target, steps: new Map(), singly: false };
    inFolder(dirname(staging.path), () => mkdirSync(staging.path));
    this.folders.set(target, staging);
    return staging;
  }

  private another(task: PutTask): string {
    const path = unfinishedPath(task);
    this.paths.push(path);
    return path;
  }
}

function stage(task: PutTask, before: Step | null, area: StagingArea): Step {
  const step = { task, target: task.target, before, isNamed: false };
  if (isEmptyCreate(task)) return { ...step, staged: null };
  let staging: Staging | null = null;
  try {
    const place = area.place(task);
    ({ staging } = place);
    stageFile(task, place.path, { sync: false });
    const staged = { ...step, staged: place };
    staging?.steps.set(task.target, staged);
    return staged;
  } catch (error) {
    // A part of the file may be there.
    if (staging) staging.singly = true;
    return { ...step, staged: { error } };
  }
}

/** Names a file, or all of its folder with it. False: `create` came second. */
function nameStep(step: Step): boolean {
  const { task, staged } = step;
  if (staged && 'error' in staged) throw staged.error;
  step.isNamed ||= staged ? nameFolder(staged.staging) || nameFile(task, staged.path) : createEmpty(task);
  return step.isNamed;
}

/** False: the files are to be named one by one, because the folder is there, or what is in front of one is not yet. */
function nameFolder(staging: Staging | null): boolean {
  if (staging === null || staging.singly) return false;
  staging.singly = true;
  const steps = [...staging.steps.values()];
  if (!steps.every(({ before }) => before === null || before.isNamed || isIn(staging, before))) return false;
  try {
    makeFolder(dirname(staging.target));
    renameSync(staging.path, staging.target);
  } catch {
    // Whatever else it is, the first file will tell.
    return false;
  }
  for (const step of steps) step.isNamed = true;
  return true;
}

function isIn(staging: Staging, { staged }: Step): boolean {
  return staged !== null && 'staging' in staged && staged.staging === staging;
}

function syncFiles(steps: readonly Step[]): void {
  const paths = steps.flatMap(({ staged }) => (staged && 'path' in staged ? [staged.path] : []));
  const [first] = paths;
  if (first !== undefined && paths.length >= MANY && syncFileSystem(dirname(first))) return;
  for (const path of paths) syncFile(path);
}

/** Node has no syncfs(2); coreutils and BusyBox have. Elsewhere `sync` may return before it is done. */
function syncFileSystem(folder: string): boolean {
  return process.platform === 'linux' && spawnSync('sync', ['-f', folder], { stdio: 'ignore' }).status === 0;
}
