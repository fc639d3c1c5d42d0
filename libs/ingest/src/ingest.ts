import { filterLongList, formatList, RefusalError, type ModuleVersion } from '#libs/protocol';
import type { Logger, Metrics } from '#libs/observability';
import type { FetchedText, FetchedZip } from '#libs/fetcher';
import {
  moduleKey,
  queryKey,
  readStoredList,
  type MetaStore,
  type ModuleStore,
  type ObjectStore,
  type SmallPut,
} from '#libs/storage';
import type { FindChecksums } from './checksums.js';
import { Examiner, factsOf, type Examined, type SmallZip, type ZipAtHand } from './examiner.js';
import { hashGoMod } from './h1.js';
import { insist, mayPass } from './insist.js';
import { Ledger, type Stamp } from './ledger.js';
import { KeptFiles } from './kept-files.js';
import { Quarantine } from './quarantine.js';
import type { Scratch } from './scratch.js';
import { copyStoredZip, type StoredZip } from './stored-zip.js';
import { Verifier, type Expectation, type Expected } from './verifier.js';
import type { ZipChecker, ZipDepth } from './zip/zip-checker.js';

interface Parts {
  readonly objects: ObjectStore;
  /** The same, as a tree. */
  readonly modules: ModuleStore;
  readonly meta: MetaStore;
  readonly zips: ZipChecker;
  /** Null: nothing is held against a database, nor is content read that nobody can compare. */
  readonly checksums: FindChecksums | null;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly stamp: Stamp;
  /** Tells all gateways to forget keys. */
  readonly tell: (keys: readonly string[]) => Promise<void>;
}

/**
 * The write side: what was fetched is checked, then stored in an order that keeps every reader right.
 * `.mod` before `.info` (a version is listed once its `.info` is there), all three files before the receipt (a version
 * is complete once that is there), the index entry last. Immutable files are created once: the first stays.
 */
export class Ingest {
  private readonly ledger: Ledger;
  private readonly verifier: Verifier;
  private readonly kept: KeptFiles;
  private readonly examiner: Examiner;
  /** How far to look at a zip of which nobody says what it must hash to. */
  private readonly least: ZipDepth;

  constructor(private readonly parts: Parts) {
    // The `.info` is the first to go with a version, and the last file without which it is entered.
    this.ledger = new Ledger(parts.objects, parts.stamp, (version) => this.isStored('info', version));
    this.verifier = new Verifier(parts);
    this.examiner = new Examiner({ ...parts, verifier: this.verifier });
    this.least = parts.checksums ? 'content' : 'headers';
    this.kept = new KeptFiles({ ...parts, quarantine: new Quarantine(parts.objects), verifier: this.verifier });
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
    await this.storeTexts(version, mod, info, expectation);
  }

  /**
   * Checks a zip by the rules of golang.org/x/mod/zip and its hash, and stores it, with receipt and index entry if the
   * `.info` is there: else the job that stores the `.info` completes the version. The go.mod in it settles the `.mod`,
   * if none is stored yet: whichever of the two jobs of a version comes first, they agree.
   * `started` is when its fetch began, on performance.now()'s clock.
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
    const expectation = await this.verifier.settle(version, expected);
    // What go makes here may be another file at the next time, of the same content.
    const examined = await this.examiner.examine(version, zip, expectation, signal, mod ? 'content' : this.least);
    const { goMod } = examined;
    if (mod && !mod.bytes.equals(goMod)) {
      metrics.verifications.inc({ result: 'invalid-zip' });
      const name = `${version.module}@${version.version}`;
      throw new RefusalError('not-found', `${name}: invalid zip: its go.mod is not the .mod that came with it`);
    }
    if (info && 'bytes' in zip && (await this.storeWhole(version, zip, info, examined, started))) return true;
    if (info) await this.kept.sameCommit(version, info);
    await this.keepTexts(version, { bytes: goMod, source: zip.source }, info ?? null, expectation);
    metrics.verifications.inc({ result: 'ok' });
    const content = 'path' in zip ? { file: zip.path } : zip.bytes;
    if (!(await modules.save({ kind: 'zip', ...version }, content, zip.size, signal))) return false;
    metrics.storedBytes.inc(zip.size);
    await insist(async () => {
      const [infoStored, modStored] = await Promise.all([
        this.isStored('info', version),
        this.isStored('mod', version),
      ]);
      // Gone again: a removal came between the two, and must not leave a zip alone.
      if (!modStored) await this.kept.keepMod(version, { bytes: goMod, source: zip.source }, expectation);
      if (infoStored) await this.ledger.enter(factsOf(version, zip, examined, started));
    }, signal);
    return true;
  }

  /**
   * Makes receipt and index entry of a version whose files are all stored, where they are missing: its `.info` came
   * last, or a worker died. Whoever stores a file of a version looks after it, so the last one sees them all.
   * A stored zip that may not be entered is served no longer: it goes to quarantine. Throws what `storeZip` throws.
   */
  async complete(version: ModuleVersion, scratch: Scratch, signal: AbortSignal, expected?: Expected): Promise<void> {
    if (!(await this.isStored('zip', version)) || !(await this.isStored('info', version))) return;
    if (await insist(() => this.ledger.amend(version), signal)) return;
    await scratch.use(async (folder) => {
      const started = performance.now();
      const expectation = await this.verifier.settle(version, expected ?? this.expect(version, signal));
      const zip = await copyStoredZip(this.parts.modules, version, folder, signal);
      if (!zip) return;
      const examined = await this.reexamine(version, zip, expectation, signal);
      await insist(() => this.ledger.enter(factsOf(version, zip, examined, started)), signal);
    });
  }

  /** Stores a list: what a source has, filtered, joined with the former list and what is stored: what once was stays. */
  async storeList(module: string, versions: readonly string[]): Promise<void> {
    const { modules } = this.parts;
    const [listed, stored] = await Promise.all([readStoredList(modules, module), modules.versions(module)]);
    const bytes = formatList(await filterLongList(module, [...versions, ...(listed ?? []), ...stored]));
    await modules.save({ kind: 'list', module }, bytes, bytes.length);
  }

  /**
   * Adds versions that are stored to the last known list of their module; without one it becomes theirs. False: there
   * is nothing to add. Who lists next asks the sources and scans the storage, as always.
   */
  async addToList(module: string, versions: readonly string[]): Promise<boolean> {
    const { modules } = this.parts;
    const listed = (await readStoredList(modules, module)) ?? [];
    const all = await filterLongList(module, [...versions, ...listed]);
    const known = new Set(listed);
    if (all.every((version) => known.has(version))) return false;
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

  /** Checks a zip that is stored, and what is stored of its `.mod`. */
  private async reexamine(
    version: ModuleVersion,
    zip: StoredZip,
    expectation: Expectation | null,
    signal: AbortSignal,
  ): Promise<Examined> {
    try {
      const examined = await this.examiner.examine(version, zip, expectation, signal, this.least);
      await this.kept.keepMod(version, { bytes: examined.goMod, source: zip.source }, expectation);
      return examined;
    } catch (error) {
      const refused = error instanceof RefusalError && (error.kind === 'forbidden' || error.kind === 'not-found');
      if (refused) await this.kept.setAside(version, 'zip', zip, error.message);
      throw error;
    }
  }

  /**
   * Stores a small version of which nothing is there yet, and enters it, all in one series: most of its cost is the way
   * to the disk. False: something of it was there, or the storage is in trouble that may pass, so it is to be stored
   * file by file, as far as it is not.
   */
  private async storeWhole(
    version: ModuleVersion,
    zip: SmallZip,
    info: FetchedText,
    examined: Examined,
    started: number,
  ): Promise<boolean> {
    const { metrics } = this.parts;
    const { goMod, expectation } = examined;
    const mod = { bytes: goMod, source: zip.source };
    const files = [smallFile('mod', version, mod), smallFile('info', version, info), smallFile('zip', version, zip)];
    try {
      if ((await this.ledger.enter(factsOf(version, zip, examined, started), files)) < files.length) return false;
    } catch (error) {
      if (mayPass(error)) return false;
      throw error;
    }
    // Gone again: a removal came between, and must not leave a zip alone.
    if (!(await this.isStored('mod', version))) await this.kept.keepMod(version, mod, expectation);
    metrics.verifications.inc({ result: 'ok' });
    metrics.storedBytes.inc(goMod.length + zip.size);
    return true;
  }

  /**
   * Sees to it that a verified `.mod` is stored, and then its `.info`, where there is one. Most often the `.mod` was asked
   * first: a look is cheaper than a put that comes second.
   */
  private async keepTexts(
    version: ModuleVersion,
    mod: FetchedText,
    info: FetchedText | null,
    expectation: Expectation | null,
  ): Promise<void> {
    if (info && !(await this.isStored('mod', version))) return this.storeTexts(version, mod, info, expectation);
    await this.kept.keepMod(version, mod, expectation);
    if (info) await this.storeInfo(version, info);
  }

  /** Stores a `.mod` and then its `.info`, where there is one; former ones stay. Throws when another `.mod` must stay. */
  private async storeTexts(
    version: ModuleVersion,
    mod: FetchedText,
    info: FetchedText | null,
    expectation: Expectation | null,
  ): Promise<void> {
    const { objects, metrics } = this.parts;
    const files = [smallFile('mod', version, mod), ...(info ? [smallFile('info', version, info)] : [])];
    if ((await objects.putInTurn(files)) > 0) {
      metrics.storedBytes.inc(mod.bytes.length);
      // Gone again: a removal came between the two, and must not leave an .info alone.
      if (await this.isStored('mod', version)) return;
    }
    await this.kept.keepMod(version, mod, expectation);
    if (info) await this.storeInfo(version, info);
  }

  /** Stores an `.info`; a former one stays. Its `.mod` must be stored. */
  private async storeInfo(version: ModuleVersion, { bytes }: FetchedText): Promise<void> {
    await this.parts.modules.save({ kind: 'info', ...version }, bytes, bytes.length);
  }

  private async isStored(kind: 'info' | 'mod' | 'zip', version: ModuleVersion): Promise<boolean> {
    return (await this.parts.modules.stat({ kind, ...version })) !== null;
  }
}

function smallFile(kind: 'info' | 'mod' | 'zip', version: ModuleVersion, { bytes }: FetchedText): SmallPut {
  return { key: moduleKey({ kind, ...version }), bytes, mode: 'create' };
}
