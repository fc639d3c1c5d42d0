import { pathFault } from './path-element.js';
import { quote } from './printable.js';

const MAJOR_SUFFIX = /^(.*)(\/v([0-9.]+))$/s;
const GOPKG_MAJOR_SUFFIX = /^(.*)(\.v(\d*)(?:-unstable)?)$/s;

/** A module path split before its major version: `/v2`, `.v2` (gopkg.in) or empty. */
export interface SplitPath {
  readonly prefix: string;
  readonly pathMajor: string;
}

function splitGopkgPath(path: string): SplitPath | null {
  const [, prefix = '', pathMajor = '', digits = ''] = GOPKG_MAJOR_SUFFIX.exec(path) ?? [];
  // go takes `.v-unstable` for a major version, and `.v0` but not `.v0-unstable`.
  if (pathMajor === '' || pathMajor === '.v') return null;
  if (digits.startsWith('0') && pathMajor !== '.v0') return null;
  return { prefix, pathMajor };
}

/** Splits a module path before its major version; null when the suffix is one that no module has: `/v1`, `/v02`, `/v1.2` (x/mod module.SplitPathVersion). */
export function splitPathVersion(path: string): SplitPath | null {
  if (path.startsWith('gopkg.in/')) return splitGopkgPath(path);

  const match = MAJOR_SUFFIX.exec(path);
  if (match === null) return { prefix: path, pathMajor: '' };

  const [, prefix = '', pathMajor = '', major = ''] = match;
  if (major.includes('.') || major.startsWith('0') || major === '1') return null;
  return { prefix, pathMajor };
}

/** Module paths that were found good: each request and key checks one, and most of them the same few. */
const GOOD = new Set<string>();
/** How many are remembered, and how long they may be: a few MB. */
const REMEMBERED = 10_000;
const REMEMBERED_LENGTH = 200;

/** Says why a text is no module path, in go's words; null when it is one (x/mod module.CheckPath). */
export function modulePathFault(path: string): string | null {
  if (GOOD.has(path)) return null;
  const fault = findFault(path);
  if (fault === null && path.length <= REMEMBERED_LENGTH) {
    if (GOOD.size === REMEMBERED) GOOD.clear();
    GOOD.add(path);
  }
  return fault;
}

function findFault(path: string): string | null {
  const fault = pathFault(path, 'module');
  if (fault !== null) return fault;

  const first = path.split('/', 1)[0] ?? '';
  if (!first.includes('.')) return 'missing dot in first path element';
  const char = /[^-a-z0-9.]/.exec(first)?.[0];
  if (char !== undefined) return `invalid char ${quote(char, "'")} in first path element`;
  if (splitPathVersion(path) === null) return 'invalid version';
  return null;
}

/** Says why a text is no import path, in go's words; null when it is one (x/mod module.CheckImportPath). */
export function importPathFault(path: string): string | null {
  return pathFault(path, 'import');
}

/** Says why a text is no path of a file in a module zip, in go's words; null when it is one (x/mod module.CheckFilePath). */
export function filePathFault(path: string): string | null {
  return pathFault(path, 'file');
}
