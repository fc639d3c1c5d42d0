import { isSemver } from './semver.js';

const PSEUDO_VERSION = /^v\d+\.(0\.0-|\d+\.\d+-([^+]*\.)?0\.)\d{14}-[A-Za-z0-9]+(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

/** Tells whether a version names a commit by time and hash, `v0.0.0-20190410190852-0123456789ab` (x/mod module.IsPseudoVersion). */
export function isPseudoVersion(version: string): boolean {
  return isSemver(version) && PSEUDO_VERSION.test(version);
}
