import { chooseLatest, filterLongList } from './list.js';
import { isPseudoVersion } from './pseudo-version.js';
import { retractedBy } from './retraction.js';
import { isCanonicalFor } from './version.js';

/**
 * Chooses what `latest` means of the versions that are known, as the go command does where a proxy has no `@latest`:
 * the highest release, else the highest prerelease, else the pseudo-version with the latest time (module caches list
 * them), of those that the go.mod of the highest does not retract. Null when nothing is left.
 * `readMod` gives the go.mod of a version, or null when that is not known.
 */
export async function resolveLatest(
  module: string,
  versions: readonly string[],
  readMod: (version: string) => Promise<Buffer | null>,
): Promise<string | null> {
  const highest = await highestOf(module, versions);
  if (highest === null) return null;
  const goMod = await readMod(highest);
  const retracted = goMod && retractedBy(goMod);
  if (!retracted?.(highest)) return highest;
  return highestOf(
    module,
    versions.filter((version) => !retracted(version)),
  );
}

async function highestOf(module: string, versions: readonly string[]): Promise<string | null> {
  return chooseLatest(await filterLongList(module, versions)) ?? newestPseudoVersion(module, versions);
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
