import { isRfc3339 } from './rfc3339.js';

/** What an `.info` file or `@latest` says: the canonical version, the time of the commit (RFC 3339), and where it came from. */
export interface Info {
  Version: string;
  Time?: string;
  Origin?: unknown;
}

/** Bytes of the largest that is read. A real one has hundreds; of 16 MiB of brackets JSON makes a gigabyte, in seconds. */
const LARGEST = 1 << 20;

/** The fields of modfetch/codehost.Origin, all of them text. */
const ORIGIN_FIELDS = [
  /^vcs$/iu,
  /^url$/iu,
  /^subdir$/iu,
  /^hash$/iu,
  /^tagprefix$/iu,
  /^tagsum$/iu,
  /^ref$/iu,
  /^reposum$/iu,
];

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTime(value: unknown): value is string {
  return isText(value) && isRfc3339(value);
}

// encoding/json takes a key in any case and a null as nothing said; of several the last counts, but all must be of the type.
function readField(object: object, name: RegExp): unknown[] {
  return Object.entries(object)
    .filter(([key, value]) => value !== null && name.test(key))
    .map(([, value]) => value as unknown);
}

function isOrigin(value: unknown): boolean {
  return isObject(value) && ORIGIN_FIELDS.every((name) => readField(value, name).every(isText));
}

function parseJson(bytes: Buffer): unknown {
  if (bytes.length > LARGEST) return null;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}

/**
 * Reads an `.info` file or `@latest`; null for what makes the go command fail: no JSON (HTML, a byte order mark), no
 * Version, a Time that is not RFC 3339, an Origin of another shape; and for more than 1 MiB. Fields of other names are
 * dropped.
 */
export function parseInfo(bytes: Buffer): Info | null {
  const json = parseJson(bytes);
  if (!isObject(json)) return null;

  const versions = readField(json, /^version$/iu);
  const times = readField(json, /^time$/iu);
  const origins = readField(json, /^origin$/iu);
  if (!versions.every(isText) || !times.every(isTime) || !origins.every(isOrigin)) return null;

  const [version, time, origin] = [versions.at(-1), times.at(-1), origins.at(-1)];
  if (version === undefined || version === '') return null;
  return {
    Version: version,
    ...(time !== undefined && { Time: time }),
    ...(origin !== undefined && { Origin: origin }),
  };
}

/** Writes an `.info` file as go does: one JSON object, fields in this order, absent ones left out. */
export function formatInfo(info: Info): Buffer {
  return Buffer.from(JSON.stringify({ Version: info.Version, Time: info.Time, Origin: info.Origin }));
}
