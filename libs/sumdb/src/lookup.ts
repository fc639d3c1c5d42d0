import { escapePath, escapeVersion, unescapePath, unescapeVersion, type ModuleVersion } from '#libs/protocol';
import { lie, nonsense } from './lie.js';
import { isPlainText } from './note.js';

/** The go.sum hashes that a checksum database records for one version, each `h1:...`. */
export interface Checksums {
  readonly zip: string;
  readonly goMod: string;
}

/** The answer to a lookup, taken apart: nothing of it is proven. */
export interface Lookup {
  /** Where the record is in the log. */
  readonly id: number;
  /** go.sum lines. */
  readonly record: Buffer;
  /** A signed tree head, of a tree that has the record. */
  readonly note: Buffer;
}

/** The path that looks up a version. */
export function lookupPath({ module, version }: ModuleVersion): string {
  return `lookup/${escapePath(module)}@${escapeVersion(version)}`;
}

/** Reads the path of a lookup; null for any other text. */
export function parseLookupPath(path: string): ModuleVersion | null {
  const [, escapedPath = '', escapedVersion = ''] = /^lookup\/([^@]+)@([^@]+)$/.exec(path) ?? [];
  const [module, version] = [unescapePath(escapedPath), unescapeVersion(escapedVersion)];
  return module === null || version === null ? null : { module, version };
}

/** Takes an answer apart (x/mod tlog.ParseRecord): the record's number, its lines, a blank line, the note. */
export function parseLookup(bytes: Buffer): Lookup {
  const [start, end] = [bytes.indexOf('\n') + 1, bytes.indexOf('\n\n')];
  const digits = bytes.toString('latin1', 0, Math.max(0, start - 1));
  const record = bytes.subarray(start, end + 1);
  const id = Number(digits);
  if (!/^(?:0|[1-9]\d*)$/.test(digits) || !Number.isSafeInteger(id) || end < start || !isPlainText(record))
    throw nonsense('malformed record data');
  return { id, record, note: bytes.subarray(end + 2) };
}

/**
 * Reads the hashes of this very version from a record. Throws RefusalError `forbidden` when one is missing or a line is
 * about anything else: a record that is in the log proves nothing about a version that it does not name.
 */
export function checksumsOf(record: Buffer, { module, version }: ModuleVersion): Checksums {
  const hashes = new Map<string, string>();
  for (const line of record.toString('utf8').trimEnd().split('\n')) {
    const [path, what = '', hash = ''] = line.split(' ');
    if (path !== module || (what !== version && what !== `${version}/go.mod`))
      throw lie('the record of the checksum database has a line of another module or version');
    // Hashes of other kinds are for later.
    if (!/^h1:[A-Za-z\d+/]{43}=$/.test(hash)) continue;
    if ((hashes.get(what) ?? hash) !== hash)
      throw lie('the record of the checksum database has two hashes for one file');
    hashes.set(what, hash);
  }
  const [zip, goMod] = [hashes.get(version), hashes.get(`${version}/go.mod`)];
  if (zip === undefined) throw lie('verifying module: checksum missing from sumdb response');
  if (goMod === undefined) throw lie('verifying go.mod: checksum missing from sumdb response');
  return { zip, goMod };
}
