import { resolve } from 'node:path';
import { matchPrefixPatterns } from '#libs/protocol';
import { FsObjectStore, makeRoot, removeUnfinished } from '#libs/storage';
import { administer, DONE, FAILED, type Administration } from '../administer.js';
import { forEachOf } from '../bounded.js';
import { UsageFailure } from '../expected-failure.js';
import { Progress } from '../progress.js';
import { say } from '../say.js';
import type { Since } from '../since.js';
import { checkTarget } from './check-target.js';
import { Exporter, type Exported } from './exporter.js';
import { moduleFiles } from './module-files.js';
import { writeModuleIndex } from './module-index.js';

/** Files that are written at once. */
const CONCURRENCY = 64;

/** What a user may say of an export. */
export interface ExportOptions {
  /** Go's glob patterns, separated by commas. */
  readonly module?: string;
  readonly since?: Since;
  readonly quiet?: boolean;
}

/**
 * Writes module files of the storage into a folder: `.info`, `.mod` and `.zip` as they are stored, then list and `@latest`
 * of what the folder has. Returns the exit code: FAILED when it had another file of a name, which stays, and when nothing
 * is stored of what is wanted.
 */
export async function runExport(folder: string, { module, since, quiet }: ExportOptions): Promise<number> {
  const wanted = { globs: module?.split(',') ?? null, since: new Date(since?.time ?? 0) };
  if (folder === '') throw new UsageFailure('the name of the folder is empty');
  const root = resolve(folder);
  const work = async (parts: Administration): Promise<number> => {
    checkTarget(root, parts.storage.folders);
    makeRoot(root);
    const target = new FsObjectStore({ root, writes: true, bulk: true });
    await target.open();
    try {
      return await exportAll(wanted, {
        ...parts,
        target,
        exporter: new Exporter(parts.storage.objects, target, root),
        quiet,
      });
    } finally {
      await target.close();
      // After a stop in the midst there may be some.
      removeUnfinished(root);
    }
  };
  return administer(work, { reads: true, lists: true });
}

/** What is to be exported. */
interface Wanted {
  /** Go's glob patterns; null: all modules. */
  readonly globs: readonly string[] | null;
  /** Of them, what was stored at or after it. */
  readonly since: Date;
}

interface Export extends Administration {
  readonly target: FsObjectStore;
  readonly exporter: Exporter;
  readonly quiet: boolean | undefined;
}

async function exportAll({ globs, since }: Wanted, parts: Export): Promise<number> {
  const { storage, stop, target, exporter, quiet } = parts;
  const counts: Record<Exported, number> = { written: 0, present: 0, different: 0 };
  const stored = new Set<string>();
  const exported = new Set<string>();
  const progress = new Progress('exporting', { quiet });
  try {
    const files = moduleFiles(storage.objects, globs?.join());
    await forEachOf(files, { concurrency: CONCURRENCY, stop }, async (file) => {
      stored.add(file.module);
      if (file.modified < since) return;
      exported.add(file.module);
      const outcome = await exporter.copy(file, stop);
      if (outcome !== null) counts[outcome]++;
      if (outcome === 'different') say(`${file.key}: the folder has another file of this name, which stays`);
      if (outcome === 'present') progress.skip();
      else progress.advance();
    });
    await forEachOf(each(exported), { concurrency: CONCURRENCY, stop }, (module) =>
      writeModuleIndex(module, target, exporter),
    );
  } finally {
    progress.end();
    const { written, present, different } = counts;
    if (stored.size > 0)
      process.stdout.write(
        `exported ${written} files of ${exported.size} modules, already there ${present}, different there ${different}\n`,
      );
  }
  const isComplete = tellAbsent(globs, stored);
  return counts.different > 0 || !isComplete ? FAILED : DONE;
}

/** Says of what nothing is stored that was to be exported. False: there is such. */
function tellAbsent(globs: Wanted['globs'], stored: ReadonlySet<string>): boolean {
  const modules = [...stored];
  const absent = globs?.filter((glob) => !modules.some((module) => matchPrefixPatterns(glob, module))) ?? [];
  for (const glob of absent) say(`nothing of ${JSON.stringify(glob)} is stored`);
  if (globs === null && stored.size === 0) say('no module is stored');
  return absent.length === 0 && stored.size > 0;
}

async function* each<T>(things: Iterable<T>): AsyncGenerator<T> {
  yield* things;
}
