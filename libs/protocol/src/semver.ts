/** A semantic version in parts: digits as they are written, prerelease with its dash, build metadata with its plus. */
export interface Semver {
  readonly major: string;
  readonly minor: string;
  readonly patch: string;
  readonly prerelease: string;
  readonly build: string;
}

const SHAPE = /^v(\d+)(?:\.(\d+)(?:\.(\d+)(-[0-9A-Za-z.-]*)?(\+[0-9A-Za-z.-]*)?)?)?$/;
const DIGITS = /^\d+$/;

function hasLeadingZero(digits: string): boolean {
  return digits.length > 1 && digits.startsWith('0');
}

/** Takes a semantic version apart; null when the text is none. */
export function parseSemver(version: string): Semver | null {
  const match = SHAPE.exec(version);
  if (match === null) return null;

  const [, major = '0', minor = '0', patch = '0', prerelease = '', build = ''] = match;
  if ([major, minor, patch].some(hasLeadingZero)) return null;

  const badIdentifier = (id: string) => id === '' || (DIGITS.test(id) && hasLeadingZero(id));
  if (prerelease !== '' && prerelease.slice(1).split('.').some(badIdentifier)) return null;
  if (build !== '' && build.slice(1).split('.').includes('')) return null;

  return { major, minor, patch, prerelease, build };
}

/** Tells whether a text is a semantic version with a leading `v`; `v1` and `v1.2` are short for `v1.0.0` and `v1.2.0` (x/mod semver.IsValid). */
export function isSemver(version: string): boolean {
  return parseSemver(version) !== null;
}

/** Puts a semantic version together without its build metadata. */
export function formatSemver({ major, minor, patch, prerelease }: Semver): string {
  return `v${major}.${minor}.${patch}${prerelease}`;
}

/** Fills in missing numbers and drops the build metadata; empty when the text is no semantic version (x/mod semver.Canonical). */
export function canonicalSemver(version: string): string {
  const parsed = parseSemver(version);
  return parsed === null ? '' : formatSemver(parsed);
}

/** Gives the major version, `v2` of `v2.1.0`; empty when the text is no semantic version (x/mod semver.Major). */
export function semverMajor(version: string): string {
  const parsed = parseSemver(version);
  return parsed === null ? '' : `v${parsed.major}`;
}

/** Gives the prerelease with its dash, `-rc.1`; empty when there is none (x/mod semver.Prerelease). */
export function semverPrerelease(version: string): string {
  return parseSemver(version)?.prerelease ?? '';
}

/** Gives the build metadata with its plus, `+incompatible`; empty when there is none (x/mod semver.Build). */
export function semverBuild(version: string): string {
  return parseSemver(version)?.build ?? '';
}

/** Tells whether a version is a prerelease; pseudo-versions are. */
export function isPrerelease(version: string): boolean {
  return semverPrerelease(version) !== '';
}

/** Compares by code units: of versions, which are ASCII, by bytes. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

// As texts, since a version number may be beyond what a number holds; there are no leading zeros.
function compareDigits(a: string, b: string): number {
  return Math.sign(a.length - b.length) || compareText(a, b);
}

function compareIdentifiers(a: string, b: string): number {
  const aNumeric = DIGITS.test(a);
  if (aNumeric !== DIGITS.test(b)) return aNumeric ? -1 : 1;
  return aNumeric ? compareDigits(a, b) : compareText(a, b);
}

function comparePrereleases(a: string, b: string): number {
  if (a === '' || b === '') return compareText(b, a);

  const left = a.slice(1).split('.');
  const right = b.slice(1).split('.');
  for (const [i, identifier] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    const order = compareIdentifiers(identifier, other);
    if (order !== 0) return order;
  }
  return Math.sign(left.length - right.length);
}

/**
 * Orders two versions by precedence: -1, 0 or 1. Build metadata does not count; what is no semantic version comes
 * first and equals its like (x/mod semver.Compare).
 */
export function compareVersions(a: string, b: string): number {
  const left = parseSemver(a);
  const right = parseSemver(b);
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  return compareSemver(left, right);
}

/** Does what compareVersions does, for versions that were taken apart. */
export function compareSemver(left: Semver, right: Semver): number {
  return (
    compareDigits(left.major, right.major) ||
    compareDigits(left.minor, right.minor) ||
    compareDigits(left.patch, right.patch) ||
    comparePrereleases(left.prerelease, right.prerelease)
  );
}
