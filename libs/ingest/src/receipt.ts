/** What is kept of a version whose three files are stored: `.meta/receipts/<escaped module>/@v/<escaped version>.json`. */
export interface Receipt {
  readonly module: string;
  readonly version: string;
  /** A label of the zip's source without credentials; `storage` when it was stored before and checked again. */
  readonly source: string;
  /** When the version was complete: RFC 3339 with nanoseconds, by the clock that all workers share. */
  readonly stored: string;
  /** From the start of the job to this receipt. */
  readonly tookMilliseconds: number;
  readonly zipBytes: number;
  readonly unzippedBytes: number;
  readonly files: number;
  /** `h1:...` as in go.sum. */
  readonly goModHash: string;
  /** The checks that the version passed before it was stored. */
  readonly checks: readonly string[];
}
