import type { SumdbConfig } from '#libs/config';
import { sumdbKey } from '#libs/storage';
import { parseVerifierKey, verifierKeyOf, type VerifierKey } from './verifier-key.js';

/*
 * Where the answers of a database are:
 *
 *   .meta/sumdb/<name>/latest|lookup/...|tile/...             as they came: nobody knows the database's key
 *   .meta/sumdb/<name>/+<key hash>/latest|lookup/...|tile/... verified with the key of that hash
 *   .meta/sumdb/<name>/+<key hash>/tree/<20 digits>           the signed tree heads that were believed, by size
 *
 * So what was stored before a key was known, or under another key, is never taken for verified. No name has a `+`.
 */

/** The folder of what was verified with a key, with a trailing `/`. */
export function verifiedFolder({ name, hash }: Pick<VerifierKey, 'name' | 'hash'>): string {
  return sumdbKey(name, `+${hash}/`);
}

/** The folder of a database's answers, with a trailing `/`: of verified ones, where they can be verified. */
export function folderOf(database: SumdbConfig): string {
  const key = verifierKeyOf(database);
  return key === null ? sumdbKey(database.name, '') : verifiedFolder(parseVerifierKey(key));
}
