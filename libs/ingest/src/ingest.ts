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
import { indexKey, queryKey, readBody, receiptKey, type MetaStore, type ModuleStore } from '#libs/storage';
import { commitOf } from './commit.js';
import type { Receipt } from './receipt.js';
import type { ZipChecker } from './zip/zip-checker.js';

interface Parts {
  readonly modules: ModuleStore;
  readonly meta: MetaStore;
  readonly zips: ZipChecker;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Microseconds since the epoch by the clock that all workers share. */
  readonly now: () => Promise<bigint>;
}

/**
 * The write side: what was fetched is checked, then stored in an order that keeps every reader right.
 * `.mod` before `.info` (a version is listed once its `.info` is there), `.zip` before its receipt (a version is
 * complete once that is there), the index entry last. Immutable files are created once: the first stays.
 */
export class Ingest {
  constructor(private readonly parts: Parts) {}

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
   * Checks a zip by the rules of golang.org/x/mod/zip and stores it with its receipt and index entry. The go.mod in
   * it settles the `.mod`, if none is stored yet: whichever of the two jobs of a version comes first, they agree.
   * Throws RefusalError `not-found` for an invalid zip, `forbidden` when its go.mod is not the stored one, or when it
   * was made of another commit than the stored `.info` names.
   */
  async storeZip(version: ModuleVersion, fetched: FetchedZip, started: number, signal: AbortSignal): Promise<void> {
    const { modules, meta, zips, metrics } = this.parts;
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
    const now = await this.parts.now();
    const receipt: Receipt = {
      module: version.module,
      version: version.version,
      source: zip.source,
      stored: rfc3339(now),
      tookMilliseconds: Date.now() - started,
      zipBytes: zip.size,
      unzippedBytes: report.uncompressed,
      files: report.entries,
      goModHash: goModHash(goMod),
      checks: ['zip-rules', 'go.mod'],
    };
    // A version has one receipt, and so one index entry, however often it is stored.
    if (await meta.put(receiptKey(version), json(receipt), 'create')) {
      await meta.put(indexKey(rfc3339(now), version), Buffer.alloc(0), 'create');
    }
  }

  /** Stores a list: what a source has, filtered, joined with the former list: a version once seen stays. */
  async storeList(module: string, versions: readonly string[]): Promise<void> {
    const { modules } = this.parts;
    const former = await modules.get({ kind: 'list', module });
    const known = former ? parseList((await readBody(former.body)).toString('utf8')) : await modules.versions(module);
    const bytes = formatList(filterVersions(module, [...versions, ...known]));
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

/** RFC 3339 in UTC with nanoseconds, always nine digits, so that the order of the text is the order of time. */
function rfc3339(micros: bigint): string {
  const seconds = new Date(Number(micros / 1_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(micros % 1_000_000n).padStart(6, '0')}000Z`;
}

function json(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
