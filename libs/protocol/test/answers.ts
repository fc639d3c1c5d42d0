import { escapePath, escapeVersion, unescapePath, unescapeVersion } from '../src/escape.js';
import { matchGlob } from '../src/glob.js';
import { autoQuote } from '../src/go-mod.js';
import { parseInfo } from '../src/info.js';
import { filterVersions, parseList } from '../src/list.js';
import { filePathFault, importPathFault, modulePathFault, splitPathVersion } from '../src/module-path.js';
import { matchPrefixPatterns } from '../src/prefix-patterns.js';
import { isPseudoVersion } from '../src/pseudo-version.js';
import { RefusalError } from '../src/refusal.js';
import {
  canonicalSemver,
  compareVersions,
  isSemver,
  semverBuild,
  semverMajor,
  semverPrerelease,
} from '../src/semver.js';
import { isLookupPath } from '../src/sumdb-request.js';
import { isTilePath } from '../src/tile-path.js';
import { canonicalVersion, isCanonicalFor, versionFault } from '../src/version.js';

function orNull<T>(answer: () => T): T | null {
  try {
    return answer();
  } catch (error) {
    if (error instanceof RefusalError) return null;
    throw error;
  }
}

/** module.Check does not ask for the canonical form, versionFault does: the one answer may differ from the other in that only. */
function checkVersion(module: string, version: string): string | null {
  const fault = versionFault(module, version);
  if ((fault === null) !== isCanonicalFor(module, version)) throw new Error('versionFault and isCanonicalFor disagree');
  const onlyForm = fault?.startsWith('not a canonical version') === true && version !== canonicalVersion(version);
  return onlyForm ? null : fault;
}

/** Our answers, by the name under which the judge in test/judge answers the same. */
export const answers: Record<string, (input: readonly string[]) => unknown> = {
  'module.CheckPath': ([path = '']) => modulePathFault(path),
  'module.CheckImportPath': ([path = '']) => importPathFault(path),
  'module.CheckFilePath': ([path = '']) => filePathFault(path),
  'module.Check': ([path = '', version = '']) => checkVersion(path, version),
  'module.SplitPathVersion': ([path = '']) => {
    const split = splitPathVersion(path);
    return split === null ? null : [split.prefix, split.pathMajor];
  },
  'module.CanonicalVersion': ([version = '']) => canonicalVersion(version),
  'module.EscapePath': ([path = '']) => orNull(() => escapePath(path)),
  'module.UnescapePath': ([escaped = '']) => unescapePath(escaped),
  'module.EscapeVersion': ([version = '']) => orNull(() => escapeVersion(version)),
  'module.UnescapeVersion': ([escaped = '']) => unescapeVersion(escaped),
  'module.IsPseudoVersion': ([version = '']) => isPseudoVersion(version),
  'module.MatchPrefixPatterns': ([globs = '', target = '']) => matchPrefixPatterns(globs, target),
  'path.Match': ([pattern = '', name = '']) => matchGlob(pattern, name),
  'semver.IsValid': ([version = '']) => isSemver(version),
  'semver.Canonical': ([version = '']) => canonicalSemver(version),
  'semver.Major': ([version = '']) => semverMajor(version),
  'semver.Prerelease': ([version = '']) => semverPrerelease(version),
  'semver.Build': ([version = '']) => semverBuild(version),
  'semver.Compare': ([a = '', b = '']) => compareVersions(a, b),
  'modfile.AutoQuote': ([text = '']) => autoQuote(text),
  'tlog.ParseTilePath': ([path = '']) => isTilePath(path),
  'sumdb.lookup': ([target = '']) => isLookupPath(`lookup/${target}`),
  list: ([module = '', text = '']) => filterVersions(module, parseList(text)),
  info: ([text = '']) => parseInfo(Buffer.from(text))?.Version ?? null,
};

/** One question to the judge, and what it said. */
export interface Case {
  readonly function: string;
  readonly input: readonly string[];
  readonly output: unknown;
}

/** Gives the cases in which we answer otherwise than the judge, each with both answers. */
export function disagreements(cases: readonly Case[]): unknown[] {
  return cases
    .map((asked) => ({ ...asked, ours: answers[asked.function]?.(asked.input) }))
    .filter(({ output, ours }) => JSON.stringify(output) !== JSON.stringify(ours));
}
