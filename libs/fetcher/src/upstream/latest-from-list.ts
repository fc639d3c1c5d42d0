import { chooseLatest, filterVersions, isCanonicalFor, isPseudoVersion } from '#libs/protocol';

/**
 * Chooses what `latest` means from a version list, as the go command does where a proxy has no `@latest`: the highest
 * tagged version, else the pseudo-version with the latest time (module caches list them). Null when there is neither.
 */
export function latestFromList(module: string, versions: readonly string[]): string | null {
  return chooseLatest(filterVersions(module, versions)) ?? newestPseudoVersion(module, versions);
}

function newestPseudoVersion(module: string, versions: readonly string[]): string | null {
  const candidates = versions.filter((version) => isPseudoVersion(version) && isCanonicalFor(module, version));
  return candidates.reduce<string | null>(
    (newest, version) => (newest !== null && timeOf(newest) >= timeOf(version) ? newest : version),
    null,
  );
}

/** The fourteen digits before the commit of a pseudo-version; they sort as text. */
function timeOf(pseudoVersion: string): string {
  return /(\d{14})-[A-Za-z0-9]+(?:\+.*)?$/.exec(pseudoVersion)?.[1] ?? '';
}
