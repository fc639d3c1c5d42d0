/** Longest escaped path element, in bytes: file systems stop at 255, and suffixes and temporary names need room. */
const MAX_ELEMENT = 200;
/** Longest element that joins a module's last element and a version, as the index has them. */
const MAX_JOINED_ELEMENT = 240;
/** Longest storage key, in bytes: object stores stop at 1024, and a configured prefix needs room. */
const MAX_KEY = 900;
/** The key in which a version takes most room: `.meta/index/<time with nanoseconds>/<module>@<version>`. */
const INDEX_OVERHEAD = '.meta/index/2006-01-02T15:04:05.000000000Z/@'.length;
const LIST_OVERHEAD = '/@v/list'.length;
const QUERY_OVERHEAD = '.meta/queries//@v/.json'.length;

/** Tells whether an escaped module path, and the keys of its list and `@latest`, fit in what storages take. */
export function pathFits(escapedPath: string): boolean {
  return (
    escapedPath.length + LIST_OVERHEAD <= MAX_KEY &&
    escapedPath.split('/').every((element) => element.length <= MAX_ELEMENT)
  );
}

/** Tells whether every key of a module's version fits in what storages take; both arguments are escaped. */
export function versionFits(escapedPath: string, escapedVersion: string): boolean {
  return escapedVersion.length <= longestVersion(escapedPath);
}

/** How long an escaped version of an escaped module path may be for that; negative: none fits. */
export function longestVersion(escapedPath: string): number {
  if (!pathFits(escapedPath)) return -1;
  const lastElement = escapedPath.slice(escapedPath.lastIndexOf('/') + 1);
  return Math.min(
    MAX_ELEMENT,
    MAX_JOINED_ELEMENT - lastElement.length - 1,
    MAX_KEY - INDEX_OVERHEAD - escapedPath.length,
  );
}

/** Tells whether the key of a module's revision query fits in what storages take; both arguments are escaped. */
export function queryFits(escapedPath: string, escapedQuery: string): boolean {
  return (
    pathFits(escapedPath) &&
    escapedQuery.length <= MAX_ELEMENT &&
    QUERY_OVERHEAD + escapedPath.length + escapedQuery.length <= MAX_KEY
  );
}

/** Tells whether the key of a checksum database's answer fits, below the hash of the key it was verified with. */
export function sumdbKeyFits(name: string, path: string): boolean {
  const key = `.meta/sumdb/${name}/+00000000/${path}`;
  return key.length <= MAX_KEY && key.split('/').every((element) => element.length <= MAX_JOINED_ELEMENT);
}
