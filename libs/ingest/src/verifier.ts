import type { Logger, Metrics } from '#libs/observability';
import { RefusalError, type ModuleVersion } from '#libs/protocol';
import { refusedKey, type MetaStore, type ObjectStore } from '#libs/storage';
import type { FindChecksums } from './checksums.js';
import { readReceipt } from './receipt.js';

/** What the files of a version must hash to, and who says so. */
export interface Expectation {
  readonly goMod: string;
  /** Undefined in receipts of early versions. */
  readonly zip?: string;
  /** The checksum database; null: it is what was stored first, for no database covers the module. */
  readonly database: string | null;
}

/** An expectation that is looked up while the files are fetched. */
export type Expected = Promise<Expectation | null>;

/** Content that was refused because it is not what it must be. */
export interface Mismatch {
  readonly file: 'go.mod' | 'zip' | 'commit';
  /** A label of the source without credentials. */
  readonly source: string;
  /** Who says what is wanted: the name of a checksum database, or `first seen`. */
  readonly by: string;
  readonly wanted: string;
  readonly got: string;
}

interface Parts {
  readonly objects: ObjectStore;
  readonly meta: MetaStore;
  /** Null: nothing is held against a database. */
  readonly checksums: FindChecksums | null;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Holds content against the checksum database or, where none covers it, against what was seen first. */
export class Verifier {
  constructor(private readonly parts: Parts) {}

  /** Begins the look-up. It may be dropped: a fetch that fails first leaves nobody to hear of its failure. */
  expect(version: ModuleVersion, signal: AbortSignal): Expected {
    const expected = this.lookUp(version, signal);
    expected.catch(() => {});
    return expected;
  }

  /** Waits for a look-up. Throws RefusalError when it can't be had; `forbidden`, with evidence kept, when it is a lie. */
  async settle(version: ModuleVersion, expected: Expected): Promise<Expectation | null> {
    try {
      return await expected;
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
      const refused = error.kind === 'forbidden';
      this.parts.metrics.verifications.inc({ result: refused ? 'checksum-refused' : 'checksum-unavailable' });
      if (refused) await this.report(version, { reason: error.message });
      throw error;
    }
  }

  /** Throws RefusalError `forbidden` when a hash is not the expected one. */
  async verify(
    version: ModuleVersion,
    file: 'go.mod' | 'zip',
    hash: string,
    { source, expectation }: { readonly source: string; readonly expectation: Expectation | null },
  ): Promise<void> {
    const wanted = expectation?.[file === 'zip' ? 'zip' : 'goMod'];
    if (!expectation || wanted === undefined || wanted === hash) return;
    const { database } = expectation;
    this.parts.metrics.verifications.inc({ result: database === null ? 'moved-tag' : 'checksum-mismatch' });
    const by = database ?? 'first seen';
    await this.report(version, { file, source, by, wanted, got: hash });
    throw new RefusalError(
      'forbidden',
      `${version.module}@${version.version}: SECURITY ERROR: checksum mismatch: ${file} downloaded: ${hash}, ${by}: ${wanted}`,
    );
  }

  /** Gives the refusal of a version whose source now has other content than is stored, after keeping the evidence. */
  async moved(version: ModuleVersion, mismatch: Omit<Mismatch, 'by'>): Promise<RefusalError> {
    this.parts.metrics.verifications.inc({ result: 'moved-tag' });
    await this.report(version, { ...mismatch, by: 'first seen' });
    return new RefusalError(
      'forbidden',
      `${version.module}@${version.version}: the source gives other content than is stored: its tag was moved`,
    );
  }

  private async lookUp(version: ModuleVersion, signal: AbortSignal): Expected {
    const known = await this.parts.checksums?.(version, signal);
    if (known) return known;
    const receipt = await readReceipt(this.parts.objects, version);
    return receipt && { goMod: receipt.goModHash, zip: receipt.zipHash, database: null };
  }

  /** Warns, and keeps the last refusal of a version as evidence. A storage that fails in this must not hide the refusal. */
  private async report(
    { module, version }: ModuleVersion,
    evidence: Mismatch | { readonly reason: string },
  ): Promise<void> {
    const { meta, log } = this.parts;
    log.warn({ module, version, ...evidence }, 'refused: not the content that it must be; what is stored stays');
    const text = JSON.stringify({ module, version, refused: new Date().toISOString(), ...evidence }, null, 2);
    try {
      await meta.put(refusedKey({ module, version }), Buffer.from(`${text}\n`), 'replace');
    } catch (error) {
      log.error({ err: error, module, version }, 'the evidence of a refusal could not be stored');
    }
  }
}
