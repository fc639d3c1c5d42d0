import type { IncomingHttpHeaders } from 'node:http';
import type { ByteRange, ObjectStat } from '#libs/storage';

/** What a GET or HEAD comes to, once size and validators are known (RFC 9110, sections 13 and 14). */
export type Selection =
  | { readonly status: 200 | 304 | 416; readonly range?: undefined }
  | { readonly status: 206; readonly range: ByteRange };

/** True when a plain read of the whole file answers the request. */
export function isPlain(method: string, headers: IncomingHttpHeaders): boolean {
  return method === 'GET' && !headers.range && !headers['if-none-match'] && !headers['if-modified-since'];
}

/** Applies If-None-Match, If-Modified-Since, Range and If-Range. A range that is no single byte range is ignored. */
export function select(method: string, headers: IncomingHttpHeaders, stat: ObjectStat): Selection {
  if (notModified(headers, stat)) return { status: 304 };
  if (method !== 'GET' || !headers.range || !rangeHolds(headers['if-range'], stat)) return { status: 200 };
  const range = parseRange(headers.range, stat.size);
  if (range === 'whole') return { status: 200 };
  return range === 'unsatisfiable' ? { status: 416 } : { status: 206, range };
}

function notModified(headers: IncomingHttpHeaders, stat: ObjectStat): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined)
    return tags.trim() === '*' || tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === `"${stat.etag}"`);
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return !Number.isNaN(since) && Math.floor(stat.modified.getTime() / 1000) * 1000 <= since;
}

function rangeHolds(condition: string | string[] | undefined, stat: ObjectStat): boolean {
  if (condition === undefined) return true;
  if (typeof condition !== 'string') return false;
  return condition === `"${stat.etag}"` || Date.parse(condition) === Math.floor(stat.modified.getTime() / 1000) * 1000;
}

function parseRange(header: string, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  if (!match || (match[1] === '' && match[2] === '')) return 'whole';
  const [, first = '', last = ''] = match;
  if (first === '') {
    const suffix = Math.min(Number(last), size);
    return suffix === 0 ? 'unsatisfiable' : { start: size - suffix, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return 'whole';
  return start >= size ? 'unsatisfiable' : { start, end };
}
