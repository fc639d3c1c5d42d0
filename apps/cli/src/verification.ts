import { availableParallelism } from 'node:os';
import type { Config } from '#libs/config';
import { createFetcher, EgressGuard, type PlannedFetcher } from '#libs/fetcher';
import { Audit, Mender, provenChecksums, Quarantine, Scratch, Throttle, ZipChecker, type Target } from '#libs/ingest';
import type { Metrics } from '#libs/observability';
import type { ObjectStore, Storage } from '#libs/storage';
import { administer, type Administration } from './administer.js';
import { explain } from './explain.js';
import { Progress } from './progress.js';
import type { Reached } from './reach-workers.js';
import { say } from './say.js';
import type { Since } from './since.js';
import { formatTarget } from './target.js';
import { countItems, hasItems, runVerify, type Told } from './verify-run.js';
import { VerifyState, type Progressed } from './verify-state.js';

/** What `stoa verify` was asked to do. */
export interface VerifyOptions {
  readonly json?: true;
  readonly repair?: true;
  readonly offline?: true;
  readonly restart?: true;
  /** Bytes a second. */
  readonly rate: number;
  readonly since?: Since;
}

/** What the command exits with, beside 2 for bad usage. */
const EXIT = { clean: 0, findings: 1, unfinished: 3 } as const;

/** Verifies what is stored and tells of it. Gives the exit code; what fails is told, not thrown. */
export async function verify(targets: readonly Target[], options: VerifyOptions): Promise<number> {
  let stop: AbortSignal | undefined;
  try {
    const code = await administer(
      async (administration) => {
        stop = administration.stop;
        const absent = await tellAbsent(administration.storage.objects, targets);
        if (absent > 0 && absent >= targets.length) return EXIT.findings;
        const closing: (() => Promise<void>)[] = [];
        try {
          const progressed = await run(targets, options, administration, (close) => void closing.unshift(close));
          return exitCode(progressed, absent);
        } finally {
          for (const close of closing) await close();
        }
      },
      { reads: options.repair !== true, lists: true },
    );
    return stop?.aborted ? EXIT.unfinished : code;
  } catch (error) {
    explain(error);
    return EXIT.unfinished;
  }
}

/**
 * Says of which targets, of any module if none is named, nothing is stored, and gives how many they are: a name may be
 * mistyped, and the storage another one than is meant.
 */
async function tellAbsent(objects: ObjectStore, targets: readonly Target[]): Promise<number> {
  if (targets.length === 0) {
    if (await hasItems(objects, null)) return 0;
    say('no module is stored');
    return 1;
  }
  let absent = 0;
  for (const target of targets) {
    if (await hasItems(objects, [target])) continue;
    say(`nothing of ${formatTarget(target)} is stored`);
    absent++;
  }
  return absent;
}

/** Composes a verification, and runs it. What is opened is closed in the end, last opened first. */
async function run(
  targets: readonly Target[],
  options: VerifyOptions,
  { config, log, metrics, storage, stop }: Administration,
  atEnd: (close: () => Promise<void>) => void,
): Promise<Progressed> {
  const repair = options.repair === true;
  const offline = options.offline === true || config.offline;
  // Loaded by a repair alone, for Nest and BullMQ come with it.
  const workers = repair ? await (await import('./reach-workers.js')).reachWorkers(config, log, metrics) : null;
  if (workers) atEnd(() => workers.close());
  const scratch = new Scratch(config.dataDir);
  await scratch.open();
  atEnd(() => scratch.close());
  const threads = Math.min(4, availableParallelism());
  const zips = new ZipChecker(threads);
  atEnd(() => zips.close());
  const database = offline ? null : fetcherOf(config, metrics);
  if (database) atEnd(() => database.close());

  const state = new VerifyState(config.dataDir, {
    storage: config.storage,
    targets: targets.map(formatTarget),
    since: options.since?.text ?? '',
    repair,
    offline,
  });
  const begun = beginning(options, state);
  const progress = new Progress('verifying');
  atEnd(() => Promise.resolve(progress.end()));
  const parts = { objects: storage.objects, targets: targets.length > 0 ? targets : null };
  // Beside the checks: a storage that can't be listed ends those too.
  void countItems(parts, begun).then(
    (count) => progress.expect(count),
    () => undefined,
  );
  const progressed = await runVerify(
    {
      ...parts,
      audit: new Audit({
        storage,
        zips,
        scratch,
        checksums: database && provenChecksums(config, storage.meta, (...asked) => database.sumdb(...asked)),
        throttle: new Throttle(options.rate),
      }),
      mender: workers && menderOf(storage, workers),
      state,
      // A zip is read while others are checked.
      width: 2 * threads,
      stop,
      tell: (finding) => void process.stdout.write(`${options.json ? JSON.stringify(finding) : lineOf(finding)}\n`),
      advance: () => progress.advance(),
    },
    begun,
  );
  state.clear();
  return progressed;
}

function menderOf(storage: Storage, workers: Reached): Mender {
  return new Mender({
    storage,
    quarantine: new Quarantine(storage.objects),
    tell: (keys) => workers.changes.purge('purged', keys),
    fetch: (job, version) => workers.fetch(job, version),
  });
}

/** Where to begin: where an earlier run of the same task was interrupted, unless it is to be begun anew. */
function beginning({ restart, since: from }: VerifyOptions, state: VerifyState): Progressed {
  const kept = restart ? null : state.read();
  if (kept)
    say(`continuing an interrupted run: ${kept.checked} checked, ${kept.findings} found by it (--restart begins anew)`);
  return kept ?? { place: '', checked: 0, findings: 0, left: 0, unchecked: 0, since: from?.time ?? 0 };
}

function fetcherOf(config: Config, metrics: Metrics): PlannedFetcher {
  const guard = new EgressGuard({ allow: config.allowPrivateAddresses, metrics });
  return createFetcher(config.go, null, metrics, { guard, netrcFile: config.vcs.netrcFile });
}

function lineOf({ subject, part, fault, message, mending }: Told): string {
  const became =
    mending && mending.outcome !== 'kept' ? ` (${mending.outcome}${mending.why ? `: ${mending.why}` : ''})` : '';
  return `${subject}: ${part} ${fault}${message && `: ${message}`}${became}`;
}

function exitCode({ checked, findings, left, unchecked }: Progressed, absent: number): number {
  const mended = findings - left;
  say(`${checked} checked: ${findings} found${mended > 0 ? `, ${mended} mended` : ''}`);
  if (unchecked > 0) say(`${unchecked} of them could not be held against the checksum database`);
  return left > 0 || absent > 0 ? EXIT.findings : unchecked > 0 ? EXIT.unfinished : EXIT.clean;
}
