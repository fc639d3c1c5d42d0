import { escapePath, escapeVersion } from './escape.js';
import { versionFits } from './length-limit.js';
import { modulePathFault } from './module-path.js';
import { isPseudoVersion } from './pseudo-version.js';
import { compareVersions, isPrerelease, isSemver, sortVersions } from './semver.js';
import { canonicalFault, impossibleFault } from './version.js';

/** Reads a version list: the first field of each line that has one, whatever it is. */
export function parseList(text: string): string[] {
  return text.split('\n').flatMap((line) => /\P{White_Space}+/u.exec(line)?.[0] ?? []);
}

/** Writes a version list: one a line; no versions make an empty file, which says that the module exists. */
export function formatList(versions: readonly string[]): Buffer {
  return Buffer.from(versions.map((version) => `${version}\n`).join(''));
}

/**
 * Keeps the versions that a list may name, once each and in ascending order: canonical, of this module's major
 * version, no pseudo-version, no longer than can be stored. The go command trusts a list and drops nothing by itself.
 */
export function filterVersions(module: string, versions: Iterable<string>): string[] {
  if (modulePathFault(module) !== null) return [];

  const escapedPath = escapePath(module);
  const listable = (version: string) =>
    canonicalFault(module, version) === null &&
    impossibleFault(module, version) === null &&
    !isPseudoVersion(version) &&
    versionFits(escapedPath, escapeVersion(version));
  return sortVersions(new Set([...versions].filter(listable)));
}

/** Chooses the highest release, else the highest prerelease, as the go command does for `latest`; null when there is neither. */
export function chooseLatest(versions: readonly string[]): string | null {
  const known = versions.filter(isSemver);
  const releases = known.filter((version) => !isPrerelease(version));
  const candidates = releases.length > 0 ? releases : known;
  return candidates.reduce<string | null>(
    (highest, version) => (highest !== null && compareVersions(highest, version) >= 0 ? highest : version),
    null,
  );
}
