import { parseRfc3339, type ModuleVersion } from '#libs/protocol';
import { readBody, receiptKey, type ObjectStore } from '#libs/storage';

/**
 * What is kept of a version whose three files are stored: `.meta/receipts/<escaped module>/@v/<escaped version>.json`.
 * Its hashes pin the content of what no checksum database covers, also after a file was lost; who deletes a version by
 * intent deletes its receipt with it.
 */
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
  /** `h1:...` as in go.sum; `sha256:...` of the file where its content was not read. Receipts of early versions have none. */
  readonly zipHash?: string;
  /** `h1:...` as in go.sum. */
  readonly goModHash: string;
  /** The checks that the version passed before it was stored, `checksum-database:<name>` among them. */
  readonly checks: readonly string[];
}

/** Reads the receipt of a version; null when there is none. */
export async function readReceipt(objects: Pick<ObjectStore, 'get'>, version: ModuleVersion): Promise<Receipt | null> {
  const kept = await objects.get(receiptKey(version));
  return kept && (JSON.parse((await readBody(kept.body)).toString('utf8')) as Receipt);
}

/** Reads the text of a receipt; null when it is none of this version. */
export function parseReceipt(text: Buffer, { module, version }: ModuleVersion): Receipt | null {
  try {
    const value = JSON.parse(text.toString('utf8')) as Partial<Receipt> | null;
    const ours = value?.module === module && value.version === version;
    const whole = typeof value?.goModHash === 'string' && parseRfc3339(value.stored ?? '') !== null;
    return ours && whole ? (value as Receipt) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
