import { isRfc3339 } from './rfc3339.js';
import { isSemver } from './semver.js';

const PSEUDO_VERSION = /^v\d+\.(0\.0-|\d+\.\d+-([^+]*\.)?0\.)\d{14}-[A-Za-z0-9]+(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

/** Tells whether a version names a commit by time and hash, `v0.0.0-20190410190852-0123456789ab` (x/mod module.IsPseudoVersion). */
export function isPseudoVersion(version: string): boolean {
  return PSEUDO_VERSION.test(version) && isSemver(version);
}

/**
 * Says why a pseudo-version names no commit that can be: its time is none (x/mod module.PseudoVersionTime). Null when it
 * may name one, and for all other versions.
 */
export function pseudoVersionFault(version: string): string | null {
  if (!isPseudoVersion(version)) return null;
  const time = /(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)-[A-Za-z0-9]+(?:\+.*)?$/.exec(version);
  const [, year, month, day, hour, minute, second] = time ?? [];
  return isRfc3339(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) ? null : 'malformed time in pseudo-version';
}
