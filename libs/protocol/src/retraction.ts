import { compareVersions, isSemver } from './semver.js';

/** Versions that their author took back, both ends included. */
interface Retraction {
  readonly low: string;
  readonly high: string;
}

/** Retractions that are looked at: a go.mod of 16 MiB may have a million, each of which is held against each version. */
const MOST = 1_000;

/**
 * Tells of each version of a module whether a go.mod takes it back. The go command reads the `retract` directives of
 * the highest version alone (Go Modules Reference, retract directive). What it can't read retracts nothing.
 */
export function retractedBy(goMod: Buffer): (version: string) => boolean {
  const retractions = directives(goMod.toString('utf8')).flatMap(readRetraction).slice(0, MOST);
  return (version) =>
    retractions.some(({ low, high }) => compareVersions(low, version) <= 0 && compareVersions(version, high) <= 0);
}

/** What stands behind each `retract`, in a block or on a line of its own. */
function directives(goMod: string): string[] {
  const found: string[] = [];
  let block = false;
  for (const line of goMod.split('\n')) {
    // Not by a pattern, whose time would grow with the square of a line of slashes.
    const text = line.split('//', 1)[0]!.trim();
    if (block && text.startsWith(')')) block = false;
    else if (block) found.push(text);
    else if (/^retract\s*\($/.test(text)) block = true;
    else if (/^retract[\s[]/.test(text)) found.push(text.slice('retract'.length).trim());
  }
  return found;
}

function readRetraction(text: string): Retraction[] {
  const [low, high = low, ...rest] = text
    .replace(/^\[(.*)\]$/, '$1')
    .split(',')
    .map((version) => version.trim().replace(/^(["`])(.*)\1$/, '$2'));
  const legal = low !== undefined && high !== undefined && isSemver(low) && isSemver(high) && rest.length === 0;
  return legal ? [{ low, high }] : [];
}
