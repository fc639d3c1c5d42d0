import { unescapePath, unescapeVersion } from './escape.js';
import { sumdbKeyFits } from './length-limit.js';
import { isTilePath } from './tile-path.js';
import { decodeUrlPath, notFound } from './url-path.js';

const ROOT = '/sumdb/';
const LOOKUP = 'lookup/';
const MODULE_VERSION = /^[^@]+@v\d+\.\d+\.\d+(-[^@]*)?(\+incompatible)?$/;

/**
 * What a client can ask of a checksum database. `path` is what follows `/sumdb/<name>/`, with upper case escaped as
 * `!x` but nothing percent-encoded: `lookup/github.com/!azure/x@v1.0.0`.
 */
export interface SumdbRequest {
  readonly kind: 'supported' | 'latest' | 'lookup' | 'tile';
  readonly name: string;
  readonly path: string;
}

/** Tells whether a path looks up a module version, and so is passed on: `lookup/<escaped path>@<escaped version>` (x/mod sumdb.Server). */
export function isLookupPath(path: string): boolean {
  const target = path.slice(LOOKUP.length);
  const [module = '', version = ''] = target.split('@');
  return (
    path.startsWith(LOOKUP) &&
    MODULE_VERSION.test(target) &&
    unescapePath(module) !== null &&
    unescapeVersion(version) !== null
  );
}

function kindOf(path: string): SumdbRequest['kind'] | null {
  if (path === 'supported' || path === 'latest') return path;
  if (isLookupPath(path)) return 'lookup';
  return isTilePath(path) ? 'tile' : null;
}

/**
 * Reads what a client asks of a checksum database from a raw URL path that begins with `/sumdb/`, percent-decoded
 * once. Names may have slashes: the longest known one wins. Throws a not-found refusal on an unknown name and on a
 * path that no client needs (the paths of x/mod sumdb.Server).
 */
export function parseSumdbRequest(path: string, names: readonly string[]): SumdbRequest {
  const decoded = decodeUrlPath(path);
  const rest = decoded.startsWith(ROOT) ? decoded.slice(ROOT.length) : '';
  const name = names
    .filter((known) => rest.startsWith(`${known}/`))
    .reduce<string | null>(
      (longest, known) => (longest !== null && longest.length > known.length ? longest : known),
      null,
    );
  if (name === null) throw notFound(decoded, 'unknown checksum database');

  const file = rest.slice(name.length + 1);
  const kind = kindOf(file);
  if (kind === null) throw notFound(rest, 'no such path in a checksum database');
  if (!sumdbKeyFits(name, file)) throw notFound(rest, 'path too long');
  return { kind, name, path: file };
}
