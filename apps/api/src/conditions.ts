import type { IncomingHttpHeaders } from 'node:http';
import type { ByteRange, Choose, ObjectStat } from '#libs/storage';
import { parseHttpDate } from './http-date.js';

/** What a GET or HEAD comes to, once size and validators are known (RFC 9110, sections 13 and 14). */
export type Selection =
  | { readonly status: 200 | 304 | 412 | 416; readonly range?: undefined }
  | { readonly status: 206; readonly range: ByteRange };

const CONDITIONS = ['range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'] as const;

/** Whether a GET with these headers wants the whole file, whatever it is. */
export function isPlain(headers: IncomingHttpHeaders): boolean {
  return CONDITIONS.every((name) => headers[name] === undefined);
}

/** The conditions of one request: tells storage what to read, and remembers what that came to. */
export class Conditions {
  /** What the last stat came to; a plain request wants the whole file, whatever it is. */
  selection: Selection = { status: 200 };

  constructor(
    private readonly method: string,
    private readonly headers: IncomingHttpHeaders,
  ) {}

  /** Absent for a plain request, which one read of the storage answers; else the size and validators come first. */
  get choose(): Choose | undefined {
    if (this.method === 'GET' && isPlain(this.headers)) return undefined;
    return (stat) => {
      this.selection = select(this.method, this.headers, stat);
      if (this.selection.status === 206) return this.selection.range;
      return this.selection.status === 200 && this.method === 'GET' ? 'all' : 'nothing';
    };
  }
}

/** Evaluates the conditions in the order of RFC 9110, section 13.2.2. A range that is no single byte range is ignored. */
export function select(method: string, headers: IncomingHttpHeaders, stat: ObjectStat): Selection {
  if (!isAsExpected(headers, stat)) return { status: 412 };
  if (isUnchanged(headers, stat)) return { status: 304 };
  if (method !== 'GET' || headers.range === undefined || !rangeHolds(headers['if-range'], stat)) return { status: 200 };
  const range = parseRange(headers.range, stat.size);
  if (range === 'whole') return { status: 200 };
  return range === 'unsatisfiable' ? { status: 416 } : { status: 206, range };
}

/** If-Match, else If-Unmodified-Since. */
function isAsExpected(headers: IncomingHttpHeaders, stat: ObjectStat): boolean {
  const tags = headers['if-match'];
  if (tags !== undefined) return tags.trim() === '*' || entityTags(tags).includes(`"${stat.etag}"`);
  const since = parseHttpDate(headers['if-unmodified-since'] ?? '');
  return since === null || modified(stat) <= since;
}

/** If-None-Match, else If-Modified-Since. */
function isUnchanged(headers: IncomingHttpHeaders, stat: ObjectStat): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) {
    return tags.trim() === '*' || entityTags(tags).some((tag) => tag.replace(/^W\//, '') === `"${stat.etag}"`);
  }
  const since = parseHttpDate(headers['if-modified-since'] ?? '');
  return since !== null && modified(stat) <= since;
}

/** If-Range: a strong validator, so that no part of another file is appended. */
function rangeHolds(condition: string | string[] | undefined, stat: ObjectStat): boolean {
  if (condition === undefined) return true;
  return condition === `"${stat.etag}"` || parseHttpDate(String(condition)) === modified(stat);
}

function entityTags(list: string): string[] {
  return list.match(/(?:W\/)?"[^"]*"/g) ?? [];
}

/** In whole seconds, as Last-Modified says it. */
function modified(stat: ObjectStat): number {
  return Math.floor(stat.modified.getTime() / 1000);
}

function parseRange(header: string, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const specs = /^bytes=(.*)$/i
    .exec(header)?.[1]
    ?.split(',')
    .map((spec) => spec.trim())
    .filter((spec) => spec !== '');
  // Several ranges may be ignored; of an empty file there is no range to name, and 416 would fail whoever asks for one.
  if (specs?.length !== 1 || size === 0) return 'whole';
  const [, first = '', last = ''] = /^(\d*)-(\d*)$/.exec(specs[0] ?? '') ?? [];
  if (first === '') {
    if (last === '') return 'whole';
    return Number(last) === 0 ? 'unsatisfiable' : { start: Math.max(0, size - Number(last)), end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return 'whole';
  return start >= size ? 'unsatisfiable' : { start, end: Math.min(last === '' ? size - 1 : Number(last), size - 1) };
}
