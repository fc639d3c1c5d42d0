import { escapePath, escapeVersion } from './escape.js';
import { longestVersion } from './length-limit.js';
import { compareListed, listed, type Listed } from './list-order.js';
import { modulePathFault, splitPathVersion } from './module-path.js';
import { isPseudoVersion } from './pseudo-version.js';
import { compareSemver, parseSemver, type Semver } from './semver.js';
import { incompatibleFault, semverFault } from './version.js';

/** Versions that are looked at without a turn of the event loop: some milliseconds. */
const PART = 4096;

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
  const work = filterInParts(module, versions);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** Does what filterVersions does, and lets others have their turns meanwhile: a source may list a million. */
export async function filterLongList(module: string, versions: Iterable<string>): Promise<string[]> {
  const work = filterInParts(module, versions);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    await new Promise(setImmediate);
  }
}

/** Chooses the highest release, else the highest prerelease, as the go command does for `latest`; null when there is neither. */
export function chooseLatest(versions: readonly string[]): string | null {
  let latest: readonly [version: string, parsed: Semver] | null = null;
  for (const version of versions) {
    const parsed = parseSemver(version);
    if (parsed !== null && (latest === null || compareForLatest(latest[1], parsed) < 0)) latest = [version, parsed];
  }
  return latest && latest[0];
}

/** Any release is later than all prereleases. */
function compareForLatest(a: Semver, b: Semver): number {
  return Number(a.prerelease === '') - Number(b.prerelease === '') || compareSemver(a, b);
}

function* filterInParts(module: string, versions: Iterable<string>): Generator<undefined, string[]> {
  if (modulePathFault(module) !== null) return [];
  const listable = listableOf(module);
  const kept = new Map<string, Listed>();
  let looked = 0;
  for (const version of versions) {
    if (++looked % PART === 0) yield;
    const parsed = listable(version);
    if (parsed !== null) kept.set(version, listed(version, parsed));
  }
  const sorted = yield* sortInParts([...kept.values()]);
  return sorted.map(({ version }) => version);
}

/** Tells which versions a list of a module may name, and gives their parts. */
function listableOf(module: string): (version: string) => Semver | null {
  const pathMajor = splitPathVersion(module)?.pathMajor ?? '';
  const longest = longestVersion(escapePath(module));
  return (version) => {
    const parsed = parseSemver(version);
    if (parsed === null || semverFault(version, parsed, pathMajor) !== null) return null;
    if (incompatibleFault(parsed, pathMajor) !== null || isPseudoVersion(version)) return null;
    // Escaping doubles the length at most.
    if (2 * version.length > longest && escapeVersion(version).length > longest) return null;
    return parsed;
  };
}

/** Sorts short runs, which are then merged by two. */
function* sortInParts(entries: readonly Listed[]): Generator<undefined, readonly Listed[]> {
  let runs: (readonly Listed[])[] = [];
  for (let start = 0; start < entries.length; start += PART) {
    runs.push(entries.slice(start, start + PART).sort(compareListed));
    yield;
  }
  while (runs.length > 1) {
    const merged: (readonly Listed[])[] = [];
    for (let at = 0; at < runs.length; at += 2) merged.push(yield* merge(runs[at]!, runs[at + 1] ?? []));
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge(left: readonly Listed[], right: readonly Listed[]): Generator<undefined, readonly Listed[]> {
  const all: Listed[] = [];
  let [l, r] = [0, 0];
  while (l < left.length && r < right.length) {
    all.push(compareListed(left[l]!, right[r]!) <= 0 ? left[l++]! : right[r++]!);
    if (all.length % PART === 0) yield;
  }
  return all.concat(left.slice(l), right.slice(r));
}
