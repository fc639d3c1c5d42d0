import type { FetchedFile, FetchedText } from '#libs/fetcher';
import type { Metrics } from '#libs/observability';
import { RefusalError, synthesizedMod, type ModuleVersion } from '#libs/protocol';
import { hashGoMod } from './h1.js';
import type { Facts } from './ledger.js';
import type { Expectation, Verifier } from './verifier.js';
import type { ZipChecker, ZipDepth, ZipReport } from './zip/zip-checker.js';

/** A small zip in memory. */
export type SmallZip = FetchedText & { readonly size: number };

/** A zip at hand: a finished file, or its bytes where it is small. */
export type ZipAtHand = FetchedFile | SmallZip;

/** A zip that may be stored. */
export interface Examined {
  readonly report: ZipReport;
  readonly goMod: Buffer;
  readonly goModHash: string;
  readonly expectation: Expectation | null;
}

interface Parts {
  readonly zips: ZipChecker;
  readonly verifier: Verifier;
  readonly metrics: Metrics;
}

/** Looks at zips before they are stored. */
export class Examiner {
  constructor(private readonly parts: Parts) {}

  /**
   * Checks a zip by itself and against what is expected of it: its content at the latest when its hash is. Throws
   * RefusalError `not-found` for an invalid zip, `forbidden` when a hash is not the expected one.
   */
  async examine(
    version: ModuleVersion,
    zip: ZipAtHand,
    expectation: Expectation | null,
    signal: AbortSignal,
    least: ZipDepth,
  ): Promise<Examined> {
    const { zips, verifier, metrics } = this.parts;
    const depth = depthFor(expectation, least);
    const { source } = zip;
    const content = 'path' in zip ? zip.path : zip.bytes;
    const report = await zips.check(content, version, signal, depth).catch((error: unknown) => {
      metrics.verifications.inc({ result: error instanceof RefusalError ? 'invalid-zip' : 'error' });
      throw error;
    });
    const goMod = report.goMod ?? synthesizedMod(version.module);
    await verifier.verify(version, 'zip', report.hash, { source, expectation });
    const goModHash = hashGoMod(goMod);
    await verifier.verify(version, 'go.mod', goModHash, { source, expectation });
    return { report, goMod, goModHash, expectation };
  }
}

/** What the receipt of an examined zip says. `started` is when its fetch began, on performance.now()'s clock. */
export function factsOf(
  { module, version }: ModuleVersion,
  zip: ZipAtHand,
  { report, goModHash, expectation }: Examined,
  started: number,
): Facts {
  const database = expectation?.database ?? null;
  return {
    module,
    version,
    source: zip.source,
    tookMilliseconds: Math.round(performance.now() - started),
    zipBytes: zip.size,
    unzippedBytes: report.uncompressed,
    files: report.entries,
    zipHash: report.hash,
    goModHash,
    checks: ['zip-rules', 'go.mod', ...(database === null ? [] : [`checksum-database:${database}`])],
  };
}

/** How far to look at a zip: a hash of the file itself needs no content, and tells most where nothing is expected. */
function depthFor(expectation: Expectation | null, least: ZipDepth): ZipDepth {
  const hash = expectation?.zip;
  if (hash === undefined) return least;
  return hash.startsWith('sha256:') ? 'headers' : 'content';
}
