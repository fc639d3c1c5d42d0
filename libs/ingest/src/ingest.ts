import {
  filterVersions,
  formatList,
  parseList,
  RefusalError,
  synthesizedMod,
  type ModuleVersion,
} from '#libs/protocol';
import type { Logger, Metrics } from '#libs/observability';
import type { FetchedFile, FetchedText, FetchedZip } from '#libs/fetcher';
import { queryKey, readBody, type MetaStore, type ModuleStore } from '#libs/storage';
import type { FindChecksums } from './checksums.js';
import { commitOf } from './commit.js';
import { hashGoMod } from './h1.js';
import { Ledger, type Stamp } from './ledger.js';
import type { Scratch } from './scratch.js';
import { copyStoredZip } from './stored-zip.js';
import { Verifier, type Expectation, type Expected } from './verifier.js';
import type { ZipChecker, ZipDepth, ZipReport } from './zip/zip-checker.js';

interface Parts {
  readonly modules: ModuleStore;
  readonly meta: MetaStore;
  readonly zips: ZipChecker;
  readonly checksums: FindChecksums;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly stamp: Stamp;
}

/** A zip at hand: a finished file, or its bytes where it is small. */
export type ZipAtHand = FetchedFile | (FetchedText & { readonly size: number });

/** A zip that may be stored. */
interface Examined {
  readonly report: ZipReport;
  readonly goMod: Buffer;
  readonly goModHash: string;
  readonly expectation: Expectation | null;
}

/**
 * The write side: what was fetched is checked, then stored in an order that keeps every reader right.
 * `.mod` before `.info` (a version is listed once its `.info` is there), all three files before the receipt (a version
 * is complete once that is there), the index entry last. Immutable files are created once: the first stays.
 */
export class Ingest {
  private readonly ledger: Ledger;
  private readonly verifier: Verifier;

  constructor(private readonly parts: Parts) {
    this.ledger = new Ledger(parts.meta, parts.stamp);
    this.verifier = new Verifier(parts);
  }

  /** Begins to look up what a version must hash to, while its files are fetched. Never an unhandled rejection. */
  expect(version: ModuleVersion, signal: AbortSignal): Expected {
    return this.verifier.expect(version, signal);
  }

  /**
   * Stores a `.mod` and then its `.info`, where there is one; former ones stay. Throws RefusalError `forbidden` when the
   * hash of the `.mod` is not the expected one, or another one is stored.
   */
  async storeMod(
    version: ModuleVersion,
    mod: FetchedText,
    info: FetchedText | null,
    expected: Expected,
  ): Promise<void> {
    const expectation = await this.verifier.settle(version, expected);
    await this.verifier.verify(version, 'go.mod', hashGoMod(mod.bytes), { source: mod.source, expectation });
    await this.storeTexts(version, mod, info);
  }

  /**
   * Checks a zip by the rules of golang.org/x/mod/zip and its hash, and stores it, with receipt and index entry if the
   * `.info` is there: else the job that stores the `.info` completes the version. The go.mod in it settles the `.mod`,
   * if none is stored yet: whichever of the two jobs of a version comes first, they agree.
   * False: another zip was stored first, which `complete` has to look at.
   * Throws RefusalError `not-found` for an invalid zip, `forbidden` when a hash is not the expected one, when its go.mod
   * is not the stored one, or when it was made of another commit than the stored `.info` names.
   */
  async storeZip(
    version: ModuleVersion,
    { zip, mod, info }: Omit<FetchedZip, 'zip'> & { readonly zip: ZipAtHand },
    expected: Expected,
    started: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { modules, metrics } = this.parts;
    // What go makes here may be another file at the next time, of the same content.
    const examined = await this.examine(version, zip, expected, signal, mod ? 'content' : 'headers');
    const { goMod } = examined;
    if (mod && !mod.bytes.equals(goMod)) {
      metrics.verifications.inc({ result: 'invalid-zip' });
      const name = `${version.module}@${version.version}`;
      throw new RefusalError('not-found', `${name}: invalid zip: its go.mod is not the .mod that came with it`);
    }
    if (info) await this.sameCommit(version, info);
    await this.keepTexts(version, { bytes: goMod, source: zip.source }, info ?? null);
    metrics.verifications.inc({ result: 'ok' });
    const content = 'path' in zip ? { file: zip.path } : zip.bytes;
    if (!(await modules.save({ kind: 'zip', ...version }, content, zip.size, signal))) return false;
    metrics.storedBytes.inc(zip.size);
    if (await modules.stat({ kind: 'info', ...version })) await this.enter(version, zip, examined, started);
    return true;
  }

  /**
   * Makes receipt and index entry of a version whose files are all stored, where they are missing: its `.info` came
   * last, or a worker died. Whoever stores a file of a version looks after it, so the last one sees them all.
   */
  async complete(version: ModuleVersion, scratch: Scratch, signal: AbortSignal, expected?: Expected): Promise<void> {
    const { modules } = this.parts;
    const isStored = async (kind: 'info' | 'zip'): Promise<boolean> =>
      (await modules.stat({ kind, ...version })) !== null;
    if (!(await isStored('zip')) || !(await isStored('info')) || (await this.ledger.amend(version))) return;
    await scratch.use(async (folder) => {
      const started = Date.now();
      const looked = expected ?? this.expect(version, signal);
      const zip = await copyStoredZip(modules, version, folder, signal);
      if (!zip) return;
      const examined = await this.examine(version, zip, looked, signal, 'headers');
      await this.keepTexts(version, { bytes: examined.goMod, source: zip.source }, null);
      await this.enter(version, zip, examined, started);
    });
  }

  /** Stores a list: what a source has, filtered, joined with the former list and what is stored: what once was stays. */
  async storeList(module: string, versions: readonly string[]): Promise<void> {
    const { modules } = this.parts;
    const [former, stored] = await Promise.all([modules.get({ kind: 'list', module }), modules.versions(module)]);
    const listed = former ? parseList((await readBody(former.body)).toString('utf8')) : [];
    const bytes = formatList(filterVersions(module, [...versions, ...listed, ...stored]));
    await modules.save({ kind: 'list', module }, bytes, bytes.length);
  }

  /**
   * Adds versions that are stored to the last known list of their module; without one it becomes theirs. False: there
   * is nothing to add. Who lists next asks the sources and scans the storage, as always.
   */
  async addToList(module: string, versions: readonly string[]): Promise<boolean> {
    const { modules } = this.parts;
    const former = await modules.get({ kind: 'list', module });
    const listed = former ? parseList((await readBody(former.body)).toString('utf8')) : [];
    const all = filterVersions(module, [...versions, ...listed]);
    if (all.every((version) => listed.includes(version))) return false;
    const bytes = formatList(all);
    return modules.save({ kind: 'list', module }, bytes, bytes.length);
  }

  /** Stores the answer of `@latest`. */
  async storeLatest(module: string, { bytes }: FetchedText): Promise<void> {
    await this.parts.modules.save({ kind: 'latest', module }, bytes, bytes.length);
  }

  /** Stores what a branch, tag or commit resolved to. */
  async storeResolution(module: string, query: string, { bytes }: FetchedText): Promise<void> {
    await this.parts.meta.put(queryKey(module, query), bytes, 'replace');
  }

  /** Checks a zip by itself and against what is expected of it: its content at the latest when its hash is. */
  private async examine(
    version: ModuleVersion,
    zip: ZipAtHand,
    expected: Expected,
    signal: AbortSignal,
    least: ZipDepth,
  ): Promise<Examined> {
    const { zips, metrics } = this.parts;
    const expectation = await this.verifier.settle(version, expected);
    const depth = depthFor(expectation, least);
    const report = await zips
      .check('path' in zip ? zip.path : zip.bytes, version, signal, depth)
      .catch((error: unknown) => {
        metrics.verifications.inc({ result: error instanceof RefusalError ? 'invalid-zip' : 'error' });
        throw error;
      });
    const goMod = report.goMod ?? synthesizedMod(version.module);
    const { source } = zip;
    await this.verifier.verify(version, 'zip', report.hash, { source, expectation });
    const goModHash = hashGoMod(goMod);
    await this.verifier.verify(version, 'go.mod', goModHash, { source, expectation });
    return { report, goMod, goModHash, expectation };
  }

  private async enter(
    { module, version }: ModuleVersion,
    zip: ZipAtHand,
    { report, goModHash, expectation }: Examined,
    started: number,
  ): Promise<void> {
    const database = expectation?.database ?? null;
    await this.ledger.enter({
      module,
      version,
      source: zip.source,
      tookMilliseconds: Date.now() - started,
      zipBytes: zip.size,
      unzippedBytes: report.uncompressed,
      files: report.entries,
      zipHash: report.hash,
      goModHash,
      checks: ['zip-rules', 'go.mod', ...(database === null ? [] : [`checksum-database:${database}`])],
    });
  }

  /**
   * Sees to it that a verified `.mod` is stored, and then its `.info`, where there is one; throws when another `.mod` is.
   * Most often it was asked first: a look is cheaper than a put that comes second.
   */
  private async keepTexts(version: ModuleVersion, mod: FetchedText, info: FetchedText | null): Promise<void> {
    if (!(await this.agrees(version, mod))) await this.storeTexts(version, mod, info);
    else if (info) await this.storeInfo(version, info);
  }

  /** Stores a `.mod` and then its `.info`, where there is one; former ones stay. Throws when another `.mod` is stored. */
  private async storeTexts(version: ModuleVersion, mod: FetchedText, info: FetchedText | null): Promise<void> {
    const { modules, metrics } = this.parts;
    const files = [
      { file: { kind: 'mod', ...version }, bytes: mod.bytes } as const,
      ...(info ? [{ file: { kind: 'info', ...version }, bytes: info.bytes } as const] : []),
    ];
    if ((await modules.saveInTurn(files)) > 0) {
      metrics.storedBytes.inc(mod.bytes.length);
      return;
    }
    await this.agrees(version, mod);
    if (info) await this.storeInfo(version, info);
  }

  /** Stores an `.info`; a former one stays. Its `.mod` must be stored. */
  private async storeInfo(version: ModuleVersion, { bytes }: FetchedText): Promise<void> {
    await this.parts.modules.save({ kind: 'info', ...version }, bytes, bytes.length);
  }

  /** Whether a `.mod` is stored; throws when it is another one. */
  private async agrees(version: ModuleVersion, fetched: FetchedText): Promise<boolean> {
    const kept = await this.parts.modules.get({ kind: 'mod', ...version });
    if (kept === null) return false;
    const bytes = await readBody(kept.body);
    if (!bytes.equals(fetched.bytes)) throw await this.otherMod(version, bytes, fetched);
    return true;
  }

  private async otherMod(
    version: ModuleVersion,
    wanted: Buffer,
    { bytes, source }: FetchedText,
  ): Promise<RefusalError> {
    return this.verifier.moved(version, {
      file: 'go.mod',
      source,
      wanted: hashGoMod(wanted),
      got: hashGoMod(bytes),
    });
  }

  /** Throws when the stored `.info` names another commit. A tag that moved may well have left the go.mod as it was. */
  private async sameCommit(version: ModuleVersion, { bytes, source }: FetchedText): Promise<void> {
    const kept = await this.parts.modules.get({ kind: 'info', ...version });
    const [wanted, got] = [kept && commitOf(await readBody(kept.body)), commitOf(bytes)];
    if (wanted !== null && got !== null && wanted !== got)
      throw await this.verifier.moved(version, { file: 'commit', source, wanted, got });
  }
}

/** How far to look at a zip: a hash of the file itself needs no content, and tells most where nothing is expected. */
function depthFor(expectation: Expectation | null, least: ZipDepth): ZipDepth {
  const hash = expectation?.zip;
  if (hash === undefined) return least;
  return hash.startsWith('sha256:') ? 'headers' : 'content';
}
