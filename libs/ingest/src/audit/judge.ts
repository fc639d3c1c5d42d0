import { parseInfo, type ModuleVersion } from '#libs/protocol';
import type { KnownChecksums } from '../checksums.js';
import { hashGoMod } from '../h1.js';
import type { Judged } from '../quarantine.js';
import type { Receipt } from '../receipt.js';
import type { Damage, Part } from './finding.js';

/** A small file that was read; `bytes` null: it is larger than any such file may be. */
export interface SmallFact extends Judged {
  readonly bytes: Buffer | null;
}

/** What a look at a zip told. */
export type ZipFact = Judged & { readonly size: number } & (
    | { readonly fault: string }
    | {
        readonly fault: null;
        /** `h1:...` of its content. */
        readonly h1: string;
        /** `sha256:...` of the file. */
        readonly file: string;
        /** What its `.mod` must be. */
        readonly goMod: Buffer;
      }
  );

/** All that is known of a stored version. Null: absent. */
export interface Facts extends ModuleVersion {
  readonly info: SmallFact | null;
  readonly mod: SmallFact | null;
  readonly zip: ZipFact | null;
  /** `value` null: it is no receipt of this version. */
  readonly receipt: (Judged & { readonly value: Receipt | null }) | null;
  /** Whether there is an index entry of the receipt's time. */
  readonly indexed: boolean;
  /** What the checksum database says; null where none covers the module, or it does not know or answer. */
  readonly database: KnownChecksums | null;
}

/** What is wrong with a version. */
export interface Verdict {
  readonly damaged: readonly Damage[];
  readonly missing: readonly Part[];
  /** The go.mod of its zip, where that is sound. */
  readonly goMod: Buffer | null;
}

/**
 * Judges a version, by who is to be believed: the checksum database before the receipt, the receipt before the files
 * themselves. Of a zip and a `.mod` that nobody vouches for, the `.mod` counts, which is always stored first.
 */
export function judge(facts: Facts): Verdict {
  const damaged: Damage[] = [];
  const blame = (part: Part, { key, etag }: Judged, reason: string): void =>
    void damaged.push({ part, key, etag, reason });
  const sound = (part: Part): boolean => !damaged.some((damage) => damage.part === part);

  const receiptFault = faultOfReceipt(facts);
  if (facts.receipt && receiptFault !== null) blame('receipt', facts.receipt, receiptFault);
  const receipt = receiptFault === null ? (facts.receipt?.value ?? null) : null;

  if (facts.info && !namesVersion(facts.info, facts.version)) {
    blame('info', facts.info, 'it is no .info of this version');
  }
  const wantedMod = facts.database?.goMod ?? receipt?.goModHash;
  const modHash = facts.mod?.bytes ? hashGoMod(facts.mod.bytes) : null;
  if (facts.mod && (modHash === null || (wantedMod !== undefined && wantedMod !== modHash))) {
    blame('mod', facts.mod, mismatch(modHash ?? 'more bytes than a go.mod may have', wantedMod, facts, receipt));
  }
  if (facts.zip) {
    const fault = faultOfZip(facts, facts.zip, receipt, wantedMod ?? modHash);
    if (fault !== null) blame('zip', facts.zip, fault);
  }
  const goMod = facts.zip?.fault === null && sound('zip') ? facts.zip.goMod : null;
  return { damaged, missing: missingOf(facts), goMod };
}

function faultOfReceipt({ receipt, database, zip }: Facts): string | null {
  if (receipt === null) return null;
  if (receipt.value === null) return 'it is no receipt of this version';
  if (database === null) return null;
  const { zipHash, goModHash } = receipt.value;
  if (goModHash !== database.goMod)
    return `it vouches for go.mod ${goModHash}, ${database.database}: ${database.goMod}`;
  if (zipHash?.startsWith('h1:') && zipHash !== database.zip)
    return `it vouches for zip ${zipHash}, ${database.database}: ${database.zip}`;
  if (zip?.fault === null && agrees(receipt.value, zip) !== (zip.h1 === database.zip))
    return `it vouches for a zip that is not the one of ${database.database}`;
  return null;
}

function faultOfZip(
  { database }: Facts,
  zip: ZipFact,
  receipt: Receipt | null,
  wantedMod: string | null,
): string | null {
  if (zip.fault !== null) return zip.fault;
  if (database && zip.h1 !== database.zip) return `stored: ${zip.h1}, ${database.database}: ${database.zip}`;
  if (receipt && !agrees(receipt, zip)) {
    const got = receipt.zipHash === undefined ? `${zip.size} bytes` : hashLike(receipt.zipHash, zip);
    return `stored: ${got}, receipt: ${receipt.zipHash ?? `${receipt.zipBytes} bytes`}`;
  }
  const goMod = hashGoMod(zip.goMod);
  if (wantedMod !== null && goMod !== wantedMod) return `its go.mod is ${goMod}, the stored one ${wantedMod}`;
  return null;
}

function agrees({ zipHash, zipBytes }: Receipt, zip: ZipFact & { readonly fault: null }): boolean {
  return zipHash === undefined ? zipBytes === zip.size : zipHash === hashLike(zipHash, zip);
}

/** The hash of a zip of the kind that another one is. */
function hashLike(hash: string, zip: ZipFact & { readonly fault: null }): string {
  return hash.startsWith('sha256:') ? zip.file : zip.h1;
}

function mismatch(got: string, wanted: string | undefined, { database }: Facts, receipt: Receipt | null): string {
  if (wanted === undefined) return got;
  return `stored: ${got}, ${database?.database ?? (receipt && 'receipt')}: ${wanted}`;
}

function namesVersion({ bytes }: SmallFact, version: string): boolean {
  return bytes !== null && parseInfo(bytes)?.Version === version;
}

/** A version is listed by its `.info`, which promises a `.mod`; complete with a receipt, which promises all. */
function missingOf({ info, mod, zip, receipt, indexed }: Facts): Part[] {
  const missing: Part[] = [];
  if (mod === null && (info || zip || receipt)) missing.push('mod');
  if (info === null && (zip || receipt)) missing.push('info');
  if (zip === null && receipt) missing.push('zip');
  if (receipt === null && info && mod && zip) missing.push('receipt');
  if (receipt && !indexed) missing.push('index');
  return missing;
}
