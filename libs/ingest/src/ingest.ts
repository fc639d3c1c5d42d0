import { createHash } from 'node:crypto';
import {
  filterVersions,
  formatList,
  parseList,
  RefusalError,
  synthesizedMod,
  type ModuleVersion,
} from '#libs/protocol';
import type { Logger, Metrics } from '#libs/observability';
import type { FetchedText, FetchedZip } from '#libs/fetcher';
import { queryKey, readBody, type MetaStore, type ModuleStore } from '#libs/storage';
import { commitOf } from './commit.js';
import { Ledger, type Stamp } from './ledger.js';
import type { Scratch } from './scratch.js';
import { copyStoredZip } from './stored-zip.js';
import type { ZipChecker } from './zip/zip-checker.js';

interface Parts {
  readonly modules: ModuleStore;
  readonly meta: MetaStore;
  readonly zips: ZipChecker;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly stamp: Stamp;
}

/**
 * The write side: what was fetched is checked, then stored in an order that keeps every reader right.
 * `.mod` before `.info` (a version is listed once its `.info` is there), all three files before the receipt (a version
 * is complete once that is there), the index entry last. Immutable files are created once: the first stays.
 */
export class Ingest {
  private readonly ledger: Ledger;

  constructor(private readonly parts: Parts) {
    this.ledger = new Ledger(parts.meta, parts.stamp);
  }

  /** Stores a `.mod`. Throws RefusalError `forbidden` when another one is stored: the tag moved. */
  async storeMod(version: ModuleVersion, { bytes }: FetchedText): Promise<void> {
    const { modules, metrics } = this.parts;
    if (await modules.save({ kind: 'mod', ...version }, bytes, bytes.length)) {
      metrics.storedBytes.inc(bytes.length);
      return;
    }
    await this.agrees(version, bytes);
  }

  /** Stores an `.info`; a former one stays. Its `.mod` must be stored. */
  async storeInfo(version: ModuleVersion, { bytes }: FetchedText): Promise<void> {
    await this.parts.modules.save({ kind: 'info', ...version }, bytes, bytes.length);
  }

  /**
   * Checks a zip by the rules of golang.org/x/mod/zip and stores it, with receipt and index entry if the `.info` is
   * there: else the job that stores the `.info` completes the version. The go.mod in it settles the `.mod`, if none is
   * stored yet: whichever of the two jobs of a version comes first, they agree.
   * Throws RefusalError `not-found` for an invalid zip, `forbidden` when its go.mod is not the stored one, or
   * when it was made of another commit than the stored `.info` names.
   */
  async storeZip(version: ModuleVersion, fetched: FetchedZip, started: number, signal: AbortSignal): Promise<void> {
    const { modules, zips, metrics } = this.parts;
    const { zip, mod, info } = fetched;
    const report = await zips.check(zip.path, version, signal).catch((error: unknown) => {
      metrics.verifications.inc({ result: error instanceof RefusalError ? 'invalid-zip' : 'error' });
      throw error;
    });
    const goMod = report.goMod ?? synthesizedMod(version.module);
    if (mod && !mod.bytes.equals(goMod)) throw this.moved(version);
    if (info) await this.sameCommit(version, info.bytes);
    // Most often the .mod was asked first: a look is cheaper than a put that comes second.
    if (!(await this.agrees(version, goMod))) await this.storeMod(version, { bytes: goMod, source: zip.source });
    metrics.verifications.inc({ result: 'ok' });
    if (info) await this.storeInfo(version, info);
    if (await modules.save({ kind: 'zip', ...version }, { file: zip.path }, zip.size, signal))
      metrics.storedBytes.inc(zip.size);
    if (!(await modules.stat({ kind: 'info', ...version }))) return;
    await this.ledger.enter({
      module: version.module,
      version: version.version,
      source: zip.source,
      tookMilliseconds: Date.now() - started,
      zipBytes: zip.size,
      unzippedBytes: report.uncompressed,
      files: report.entries,
      goModHash: goModHash(goMod),
      checks: ['zip-rules', 'go.mod'],
    });
  }

  /**
   * Makes receipt and index entry of a version whose files are all stored, where they are missing: its `.info` came
   * last, or a worker died. Whoever stores a file of a version looks after it, so the last one sees them all.
   */
  async complete(version: ModuleVersion, scratch: Scratch, signal: AbortSignal): Promise<void> {
    const { modules } = this.parts;
    const isStored = async (kind: 'info' | 'zip'): Promise<boolean> =>
      (await modules.stat({ kind, ...version })) !== null;
    if (!(await isStored('zip')) || !(await isStored('info')) || (await this.ledger.amend(version))) return;
    await scratch.use(async (folder) => {
      const zip = await copyStoredZip(modules, version, folder, signal);
      if (zip) await this.storeZip(version, { zip }, Date.now(), signal);
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

  /** Stores the answer of `@latest`. */
  async storeLatest(module: string, { bytes }: FetchedText): Promise<void> {
    await this.parts.modules.save({ kind: 'latest', module }, bytes, bytes.length);
  }

  /** Stores what a branch, tag or commit resolved to. */
  async storeResolution(module: string, query: string, { bytes }: FetchedText): Promise<void> {
    await this.parts.meta.put(queryKey(module, query), bytes, 'replace');
  }

  /** Whether a `.mod` is stored; throws when it is another one. */
  private async agrees(version: ModuleVersion, bytes: Buffer): Promise<boolean> {
    const kept = await this.parts.modules.get({ kind: 'mod', ...version });
    if (kept && !(await readBody(kept.body)).equals(bytes)) throw this.moved(version);
    return kept !== null;
  }

  /** Throws when the stored `.info` names another commit. A tag that moved may well have left the go.mod as it was. */
  private async sameCommit(version: ModuleVersion, info: Buffer): Promise<void> {
    const kept = await this.parts.modules.get({ kind: 'info', ...version });
    const [stored, fetched] = [kept && commitOf(await readBody(kept.body)), commitOf(info)];
    if (stored !== null && fetched !== null && stored !== fetched) throw this.moved(version);
  }

  private moved({ module, version }: ModuleVersion): RefusalError {
    this.parts.metrics.verifications.inc({ result: 'moved-tag' });
    this.parts.log.warn(
      { module, version },
      'the source now gives another go.mod or commit for a stored version: its tag moved; the first is kept',
    );
    return new RefusalError(
      'forbidden',
      `${module}@${version}: the source gives other content than is stored: its tag was moved`,
    );
  }
}

/** The go.sum hash of a go.mod: h1 over one pseudo-file named `go.mod` (golang.org/x/mod/sumdb/dirhash). */
function goModHash(goMod: Buffer): string {
  const file = createHash('sha256').update(goMod).digest('hex');
  return `h1:${createHash('sha256').update(`${file}  go.mod\n`).digest('base64')}`;
}
