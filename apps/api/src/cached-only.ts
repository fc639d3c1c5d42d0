import type { IncomingHttpHeaders } from 'node:http';

/** The name of the header, as Vary tells it to shared caches. */
export const CACHED_ONLY_HEADER = 'Disable-Module-Fetch';

const BASE = '/cached-only';

/** What Go's strconv.ParseBool takes for true. */
const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);

/** A path below the base path, and whether what is stored is all that was asked for. */
export interface CachedOnlyPath {
  /** Null: not below the base path. */
  readonly path: string | null;
  readonly cachedOnly: boolean;
}

/** Reads the two ways to ask for what is stored and nothing else: a header, and a base with all paths below it. */
export function readCachedOnly(path: string | null, headers: IncomingHttpHeaders): CachedOnlyPath {
  if (path?.startsWith(`${BASE}/`)) return { path: path.slice(BASE.length), cachedOnly: true };
  // Of several lines the first counts, as in Go.
  const [first = ''] = String(headers['disable-module-fetch'] ?? '').split(',', 1);
  return { path, cachedOnly: TRUE.has(first.trim()) };
}
