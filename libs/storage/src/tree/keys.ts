import {
  escapePath,
  escapeVersion,
  isCanonicalFor,
  unescapePath,
  unescapeVersion,
  type ModuleFile,
  type ModuleVersion,
  type RevisionQuery,
} from '#libs/protocol';

/*
 * The storage tree. It is a legal GOPROXY by itself:
 *
 *   <escaped module>/@v/<escaped version>.info|.mod|.zip
 *   <escaped module>/@v/list   <escaped module>/@latest
 *   .meta/receipts/<escaped module>/@v/<escaped version>.json
 *   .meta/index/<RFC 3339 nanoseconds, UTC>/<escaped module>@<escaped version>
 *   .meta/queries/<escaped module>/@v/<escaped query>.json
 *   .meta/refused/<escaped module>/@v/<escaped version>.json
 *   .meta/sumdb/<name>/...   unverified, else .meta/sumdb/<name>/+<key hash>/...
 *   .meta/quarantine/<key without .meta/>.<id>   what was found damaged, and why: the same with .json
 *
 * `@v` is no element of a module path: without it, `.../x/v1.0.0.json` could be the receipt of a version of x and the
 * folder of the module x/v1.0.0.json.
 */

/** Where everything is that is no module file: no module path begins with a dot. */
export const META_FOLDER = '.meta/';
/** Begins where all that is no module file ends, in the order of keys. */
export const MODULES_START = '.meta0';
/** Where damaged files are, which nobody is served. */
export const QUARANTINE_FOLDER = `${META_FOLDER}quarantine/`;
/** Where the resolved branches, tags and commits are, by module. */
export const QUERIES_FOLDER = `${META_FOLDER}queries/`;
/** Where the receipts are, by module. */
export const RECEIPTS_FOLDER = `${META_FOLDER}receipts/`;
/** Where the index entries are, by time. */
export const INDEX_FOLDER = `${META_FOLDER}index/`;
/**
 * How old an index entry is before it is read, in milliseconds by the clock that stamps it. A writer that takes a time
 * stamp and then writes the entry has so long to get it in; later it would come behind readers who have gone on.
 */
export const INDEX_HOLD_BACK = 5_000;

/** Gives the key of a module's file. Throws a not-found refusal on what is no module path or version. */
export function moduleKey(file: ModuleFile): string {
  switch (file.kind) {
    case 'latest':
      return `${escapePath(file.module)}/@latest`;
    case 'list':
      return `${versionsFolder(file.module)}list`;
    default:
      return `${versionsFolder(file.module)}${escapeVersion(file.version)}.${file.kind}`;
  }
}

/** Gives what the keys of all files of a module begin with, and those of no other module: its list and `@latest` too. */
export function modulePrefix(module: string): string {
  return `${escapePath(module)}/@`;
}

/** Gives the folder of a module's version files, with a trailing `/`: of no other module's, `a/b/v2` or `a/bc`. */
export function versionsFolder(module: string): string {
  return `${escapePath(module)}/@v/`;
}

/** Gives the key of a version's receipt. */
export function receiptKey({ module, version }: ModuleVersion): string {
  return `${RECEIPTS_FOLDER}${versionsFolder(module)}${escapeVersion(version)}.json`;
}

/** Gives the key of the evidence that a version was last refused for its content. */
export function refusedKey({ module, version }: ModuleVersion): string {
  return `${META_FOLDER}refused/${versionsFolder(module)}${escapeVersion(version)}.json`;
}

/** Gives the folder of a module's receipts, with a trailing `/`. */
export function receiptsFolder(module: string): string {
  return `${RECEIPTS_FOLDER}${versionsFolder(module)}`;
}

/**
 * Gives the key that an object has in quarantine; its reason lies beside it, with `.json` added. The id tells apart
 * what had the same key one after the other: 12 letters or digits, so that the longest key stays below 930 bytes.
 */
export function quarantineKey(key: string, id: string): string {
  return `${QUARANTINE_FOLDER}${key.startsWith(META_FOLDER) ? key.slice(META_FOLDER.length) : key}.${id}`;
}

/** Gives the key of an index entry. Time: RFC 3339 in UTC with nine digits of fraction, so that keys sort by time. */
export function indexKey(time: string, { module, version }: ModuleVersion): string {
  return `${INDEX_FOLDER}${time}/${escapePath(module)}@${escapeVersion(version)}`;
}

/** Gives the version that a receipt is of; null for any other key. */
export function parseReceiptKey(key: string): ModuleVersion | null {
  const match = /^\.meta\/receipts\/(.+)\/@v\/([^/]+)\.json$/.exec(key);
  return match && unescapeModuleVersion(match[1], match[2]);
}

/** Gives the module file that a key is of; null for any other key. */
export function parseModuleKey(key: string): ModuleFile | null {
  const [, escapedPath = '', rest = ''] = /^([^@]+)\/@(latest|v\/[^/]+)$/.exec(key) ?? [];
  const module = unescapePath(escapedPath);
  if (module === null) return null;
  if (rest === 'latest') return { kind: 'latest', module };
  if (rest === 'v/list') return { kind: 'list', module };
  const [, escapedVersion, kind] = /^v\/(.+)\.(info|mod|zip)$/.exec(rest) ?? [];
  const version = kind === undefined ? null : unescapeModuleVersion(escapedPath, escapedVersion);
  return version && { kind: kind as 'info' | 'mod' | 'zip', ...version };
}

/** Gives the query that a kept resolution is of; null for any other key. */
export function parseQueryKey(key: string): RevisionQuery | null {
  const match = /^\.meta\/queries\/(.+)\/@v\/([^/]+)\.json$/.exec(key);
  const [module, query] = match ? [unescapePath(match[1] ?? ''), unescapeVersion(match[2] ?? '')] : [null, null];
  return module !== null && query !== null ? { kind: 'query', module, query } : null;
}

/** Gives the version and the time that an index entry is of; null for any other key. */
export function parseIndexKey(key: string): (ModuleVersion & { readonly time: string }) | null {
  const match = /^\.meta\/index\/([^/]+)\/(.+)@([^@/]+)$/.exec(key);
  const version = match && unescapeModuleVersion(match[2], match[3]);
  return version && { ...version, time: match[1] ?? '' };
}

/** Gives the folder of what a module's branches, tags and commits resolved to, with a trailing `/`. */
export function queriesFolder(module: string): string {
  return `${META_FOLDER}queries/${versionsFolder(module)}`;
}

/** Gives the key of what a branch, tag or commit resolved to. */
export function queryKey(module: string, query: string): string {
  return `${queriesFolder(module)}${escapeVersion(query)}.json`;
}

/** Gives the key of a checksum database's answer. Path: `latest`, `lookup/...`, `tile/...`, escaped as in its URL. */
export function sumdbKey(name: string, path: string): string {
  return `${META_FOLDER}sumdb/${name}/${path}`;
}

/** Tells whether an object is a last answer, replaced from time to time; all others are written once. */
export function isMutableKey(key: string): boolean {
  if (!key.startsWith(META_FOLDER)) return key.endsWith('/@v/list') || key.endsWith('/@latest');
  return (
    key.startsWith(`${META_FOLDER}queries/`) ||
    key.startsWith(`${META_FOLDER}refused/`) ||
    (key.startsWith(`${META_FOLDER}sumdb/`) && key.endsWith('/latest'))
  );
}

function unescapeModuleVersion(escapedPath = '', escapedVersion = ''): ModuleVersion | null {
  const [module, version] = [unescapePath(escapedPath), unescapeVersion(escapedVersion)];
  return module !== null && version !== null && isCanonicalFor(module, version) ? { module, version } : null;
}
