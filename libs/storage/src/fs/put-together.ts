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
  /** Where its file is; null: there is none before it is named, or it failed. */
  readonly staging: Staging | null;
  readonly failure: { readonly error: unknown } | null;
  isNamed: boolean;
}

/**
 * Does what putFiles does, quicker for many small files and slower for a few: all of them are written, then all are
 * synced in one go, then they are named in their order. Those for one folder are written into one. If there is no such
 * folder yet, it takes its name with all that is in it: to name a file and to take its first name away costs as much as
 * to write it.
 */
export function putFilesTogether(series: readonly (readonly PutTask[])[]): PutOutcome[] {
  const stagings: Staging[] = [];
  try {
    const steps = stageAll(series, stagings);
    sync(stagings);
    return makeInTurn(steps, nameStep);
  } catch (error) {
    return series.map(() => ({ error }));
  } finally {
    for (const { path } of stagings) rmSync(path, { recursive: true, force: true });
  }
}

function stageAll(series: readonly (readonly PutTask[])[], stagings: Staging[]): Step[][] {
  const current = new Map<string, Staging>();
  const stagingOf = (task: PutTask): Staging => {
    const target = dirname(task.target);
    const known = current.get(target);
    // A second file of one name has a folder of its own, and meets the first when it is named.
    if (known && !known.steps.has(task.target)) return known;
    const staging = { path: unfinishedPath(task), target, steps: new Map(), singly: false };
    inFolder(dirname(staging.path), () => mkdirSync(staging.path));
    stagings.push(staging);
    current.set(target, staging);
    return staging;
  };
  return series.map((tasks) => {
    let before: Step | null = null;
    return tasks.map((task) => (before = stage(task, before, stagingOf)));
  });
}

function stage(task: PutTask, before: Step | null, stagingOf: (task: PutTask) => Staging): Step {
  const step = { task, target: task.target, before, staging: null, failure: null, isNamed: false };
  if (isEmptyCreate(task)) return step;
  let staging: Staging | undefined;
  try {
    staging = stagingOf(task);
    stageFile(task, unnamedPath(staging, task), { sync: false });
  } catch (error) {
    // A part of the file may be there.
    if (staging) staging.singly = true;
    return { ...step, failure: { error } };
  }
  const staged = { ...step, staging };
  staging.steps.set(task.target, staged);
  return staged;
}

/** Names a file, or all of its folder with it. False: `create` came second. */
function nameStep(step: Step): boolean {
  const { task, staging, failure } = step;
  if (failure) throw failure.error;
  step.isNamed ||= staging ? nameFolder(staging) || nameFile(task, unnamedPath(staging, task)) : createEmpty(task);
  return step.isNamed;
}

/** False: the files are to be named one by one, because the folder is there, or what is in front of one is not yet. */
function nameFolder(staging: Staging): boolean {
  const { path, target, steps, singly } = staging;
  if (singly) return false;
  staging.singly = true;
  const all = [...steps.values()];
  if (!all.every(({ before }) => before === null || before.isNamed || before.staging === staging)) return false;
  try {
    makeFolder(dirname(target));
    renameSync(path, target);
  } catch {
    // Whatever else it is, the first file will tell.
    return false;
  }
  for (const step of all) step.isNamed = true;
  return true;
}

function unnamedPath({ path }: Staging, { target }: PutTask): string {
  return `${path}/${basename(target)}`;
}

function sync(stagings: readonly Staging[]): void {
  const paths = stagings.flatMap((staging) =>
    [...staging.steps.values()].map(({ task }) => unnamedPath(staging, task)),
  );
  const [first] = paths;
  if (first !== undefined && paths.length >= MANY && syncFileSystem(dirname(first))) return;
  for (const path of paths) syncFile(path);
}

/** Node has no syncfs(2); coreutils and BusyBox have. Elsewhere `sync` may return before it is done. */
function syncFileSystem(folder: string): boolean {
  return process.platform === 'linux' && spawnSync('sync', ['-f', folder], { stdio: 'ignore' }).status === 0;
}
