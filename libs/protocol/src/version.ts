import { modulePathFault, splitPathVersion } from './module-path.js';
import { canonicalSemver, isSemver, semverBuild, semverMajor } from './semver.js';

const INCOMPATIBLE = '+incompatible';

/** Gives the canonical form, where `+incompatible` alone of all build metadata stays; empty when the text is no semantic version (x/mod module.CanonicalVersion). */
export function canonicalVersion(version: string): string {
  const canonical = canonicalSemver(version);
  return semverBuild(version) === INCOMPATIBLE ? canonical + INCOMPATIBLE : canonical;
}

/** Says why a version is not of a path's major version (`/v2`, `.v2`, empty), in go's words; null when it is (x/mod module.CheckPathMajor). */
export function pathMajorFault(version: string, pathMajor: string): string | null {
  const suffix = pathMajor.replace(/^(\.v.*)-unstable$/s, '$1');
  // Old versions of go made v0.0.0 pseudo-versions for gopkg.in paths that end in .v1, and go.mod files name them.
  if (suffix === '.v1' && version.startsWith('v0.0.0-')) return null;

  const major = semverMajor(version);
  if (suffix === '') {
    const fits = major === 'v0' || major === 'v1' || semverBuild(version) === INCOMPATIBLE;
    return fits ? null : `should be v0 or v1, not ${major}`;
  }
  return major === suffix.slice(1) ? null : `should be ${suffix.slice(1)}, not ${major}`;
}

/**
 * Says why a version is not the canonical name of a version of this module, in go's words; null when it is
 * (x/mod module.Check, and the canonical form on top of it).
 */
export function versionFault(module: string, version: string): string | null {
  const fault = modulePathFault(module);
  if (fault !== null) return fault;
  if (!isSemver(version)) return 'not a semantic version';

  const majorFault = pathMajorFault(version, splitPathVersion(module)?.pathMajor ?? '');
  if (majorFault !== null) return majorFault;
  const canonical = canonicalVersion(version);
  return version === canonical ? null : `not a canonical version, which is ${canonical}`;
}

/** Tells whether a version is canonical and valid for the module path: only such versions have files. */
export function isCanonicalFor(module: string, version: string): boolean {
  return versionFault(module, version) === null;
}
