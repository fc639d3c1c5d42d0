import { isRfc3339 } from './rfc3339.js';

/** What an `.info` file or `@latest` says: the canonical version, the time of the commit (RFC 3339), and where it came from. */
export interface Info {
  Version: string;
  Time?: string;
  Origin?: unknown;
}

/** The fields of modfetch/codehost.Origin, all of them text. */
const ORIGIN_KEYS = [/^vcs$/iu, /^url$/iu, /^subdir$/iu, /^hash$/iu, /^tagprefix$/iu, /^tagsum$/iu, /^ref$/iu, /^reposum$/iu];

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// encoding/json takes a key in any case, the last one of several, and a null as nothing said.
function readField(object: object, key: RegExp): unknown {
  return Object.entries(object).findLast(([found, value]) => value !== null && key.test(found))?.[1];
}

function isOrigin(value: unknown): boolean {
  return isObject(value) && ORIGIN_KEYS.every((key) => ['undefined', 'string'].includes(typeof readField(value, key)));
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}

/**
 * Reads an `.info` file or `@latest`; null for what makes the go command fail: no JSON (HTML, a byte order mark), no
 * Version, a Time that is not RFC 3339, an Origin of another shape. Fields of other names are dropped.
 */
export function parseInfo(bytes: Buffer): Info | null {
  const json = parseJson(bytes);
  if (!isObject(json)) return null;

  const version = readField(json, /^version$/iu);
  const time = readField(json, /^time$/iu);
  const origin = readField(json, /^origin$/iu);
  if (typeof version !== 'string' || version === '') return null;
  if (time !== undefined && !(typeof time === 'string' && isRfc3339(time))) return null;
  if (origin !== undefined && !isOrigin(origin)) return null;

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
