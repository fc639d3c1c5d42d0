import { administer, DONE, FAILED, type Administration } from '../administer.js';
import { forEachOf } from '../bounded.js';
import { Progress } from '../progress.js';
import { say } from '../say.js';
import { reachGateways } from './gateways.js';
import { openImporter } from './open-importer.js';
import { openSource, type SourceOptions } from './open-source.js';
import { OutcomeReport } from './outcome-report.js';
import { leavesOut, type ImportSource } from './source.js';

/** What a user may say of an import. */
export interface ImportOptions extends SourceOptions {
  /** Where a JSON line is written for each version that was not simply imported. */
  readonly report?: string;
  readonly quiet?: boolean;
}

/** Imports all versions of a source. Returns the exit code: FAILED when one was left out, or there was none. */
export async function runImport(name: string, options: ImportOptions): Promise<number> {
  return administer(
    async (parts) => {
      const source = await openSource(name, options, parts);
      const report = new OutcomeReport(options.report);
      try {
        await importAll(source, report, { ...parts, quiet: options.quiet });
      } finally {
        await source.close();
        report.close();
        if (!report.isEmpty) process.stdout.write(`${report.summary().join('\n')}\n`);
      }
      if (report.isEmpty) say('no module version is there; docs/migrating-from-athens.md tells what is recognised');
      return report.isEmpty || report.leftOut > 0 ? FAILED : DONE;
    },
    { bulk: true },
  );
}

/**
 * The way of a version: 1. the source names it, 2. one that is stored is passed over, 3. its files come into a scratch
 * folder, 4. ingest checks and stores them as it does for a worker, 5. when no other version of its module is under
 * way, the module's list is completed and the gateways are told.
 */
async function importAll(
  source: ImportSource,
  report: OutcomeReport,
  parts: Administration & { readonly quiet: boolean | undefined },
): Promise<void> {
  const { config, log, stop, quiet } = parts;
  const gateways = reachGateways(config, log);
  const { importer, lists, close } = await openImporter(parts, gateways);
  const progress = new Progress('importing', { quiet });
  if (!quiet)
    source.count().then(
      (total) => progress.expect(total),
      () => {},
    );
  try {
    await forEachOf(source.candidates(), { concurrency: source.concurrency, stop }, async (candidate) => {
      if ('reason' in candidate) report.leave(candidate.name, candidate.reason);
      else {
        const { module, version } = candidate.version;
        const name = `${module}@${version}`;
        await lists.during(module, version, async () => {
          try {
            const outcome = await importer.import(candidate);
            report.stored(name, outcome);
            return outcome.kind !== 'go.mod';
          } catch (error) {
            if (stop.aborted || !leavesOut(error)) throw error;
            report.leave(name, error.message);
            return false;
          }
        });
      }
      progress.advance();
    });
  } finally {
    progress.end();
    await close();
    gateways.close();
  }
}
