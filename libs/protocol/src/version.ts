import { modulePathFault, splitPathVersion } from './module-path.js';
import { pseudoVersionFault } from './pseudo-version.js';
import { formatSemver, parseSemver, type Semver } from './semver.js';

const INCOMPATIBLE = '+incompatible';

function formatCanonical(parsed: Semver): string {
  return formatSemver(parsed) + (parsed.build === INCOMPATIBLE ? INCOMPATIBLE : '');
}

/** Gives the canonical form, where `+incompatible` alone of all build metadata stays; empty when the text is no semantic version (x/mod module.CanonicalVersion). */
export function canonicalVersion(version: string): string {
  const parsed = parseSemver(version);
  return parsed === null ? '' : formatCanonical(parsed);
}

/** Says why a version is not of a path's major version (`/v2`, `.v2`, empty), in go's words; null when it is (x/mod module.CheckPathMajor). */
function pathMajorFault({ major, minor, patch, prerelease, build }: Semver, pathMajor: string): string | null {
  const wanted = pathMajor.replace(/-unstable$/, '').slice(1);
  // Old versions of go made v0.0.0 pseudo-versions for gopkg.in paths that end in .v1, and go.mod files name them.
  if (wanted === 'v1' && prerelease !== '' && major + minor + patch === '000') return null;

  const found = `v${major}`;
  if (wanted !== '') return found === wanted ? null : `should be ${wanted}, not ${found}`;
  return major === '0' || major === '1' || build === INCOMPATIBLE ? null : `should be v0 or v1, not ${found}`;
}

/** Does what versionFault does, for a module path that is known to be valid. */
export function canonicalFault(module: string, version: string): string | null {
  const parsed = parseSemver(version);
  if (parsed === null) return 'not a semantic version';
  return semverFault(version, parsed, splitPathVersion(module)?.pathMajor ?? '');
}

/** Does what canonicalFault does, for a version that was taken apart and a path's major version. */
export function semverFault(version: string, parsed: Semver, pathMajor: string): string | null {
  const majorFault = pathMajorFault(parsed, pathMajor);
  if (majorFault !== null) return majorFault;
  const canonical = formatCanonical(parsed);
  return version === canonical ? null : `not a canonical version, which is ${canonical}`;
}

/**
 * Says why a version is not the canonical name of a version of this module, in go's words; null when it is
 * (x/mod module.Check, and the canonical form on top of it).
 */
export function versionFault(module: string, version: string): string | null {
  return modulePathFault(module) ?? canonicalFault(module, version);
}

/** Tells whether a version is canonical and valid for the module path: only such versions have files. */
export function isCanonicalFor(module: string, version: string): boolean {
  return versionFault(module, version) === null;
}

/**
 * Says why no repository has a version although its name is canonical for the module; null when one may (cmd/go
 * modfetch/coderepo.go, beyond what module.Check knows): `+incompatible` is for major versions from 2 on without a suffix.
 */
export function impossibleFault(module: string, version: string): string | null {
  const parsed = parseSemver(version);
  const fault = parsed && incompatibleFault(parsed, splitPathVersion(module)?.pathMajor ?? '');
  return fault ?? pseudoVersionFault(version);
}

/** Says why a version may not be `+incompatible`; null when it may, or is not. */
export function incompatibleFault({ major, build }: Semver, pathMajor: string): string | null {
  if (build !== INCOMPATIBLE) return null;
  if (pathMajor !== '') return `${INCOMPATIBLE} suffix not allowed: module path has a major version`;
  if (major !== '0' && major !== '1') return null;
  return `${INCOMPATIBLE} suffix not allowed: major version v${major} is compatible`;
}
