import { REFUSAL_STATUS, type ModuleRequest, type Refusal, type RefusalKind, type SumdbRequest } from '#libs/protocol';
import type { ObjectStat } from '#libs/storage';
import type { CacheLabel } from './proxy.service.js';

/** Every status, content type and Cache-Control of the gateway: nothing else in it knows one. */
export const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json';

const WORDS: Readonly<Record<RefusalKind, string>> = {
  'not-found': 'not found',
  'bad-request': 'bad request',
  unauthorized: 'unauthorized',
  forbidden: 'forbidden',
  method: 'method not allowed',
  limited: 'too many requests',
  busy: 'unavailable',
  upstream: 'bad upstream',
  timeout: 'timed out',
  internal: 'internal error',
};

/** Bytes of a refusal's line, so that the body has 600 at most: cmd/go shows up to 648. */
const LONGEST = 599;

/** What some kinds tell besides: how to authenticate, what is served, in how many seconds to try again. */
const ALSO: Partial<Readonly<Record<RefusalKind, Readonly<Record<string, string>>>>> = {
  unauthorized: { 'www-authenticate': 'Basic realm="Stoa", charset="UTF-8"' },
  method: { allow: 'GET, HEAD' },
  limited: { 'retry-after': '2' },
  busy: { 'retry-after': '2' },
};

/**
 * Status line, headers and body of a refusal: `<kind in words>: <module>@<version>: <reason>`, one line. `negativeTtl`
 * is for how many milliseconds a not-found holds; 0: no cache may keep it.
 */
export function refusalReply(
  refusal: Refusal,
  requestId: string,
  negativeTtl: number,
): { status: number; headers: Record<string, string>; body: string } {
  const text =
    refusal.kind === 'internal'
      ? `internal error (request ${requestId})`
      : `${WORDS[refusal.kind]}: ${refusal.message}`;
  const kept = refusal.kind === 'not-found' && negativeTtl > 0;
  const headers = {
    'content-type': TEXT,
    'cache-control': kept ? `public, max-age=${Math.ceil(negativeTtl / 1000)}` : 'no-store',
    ...ALSO[refusal.kind],
  };
  return { status: REFUSAL_STATUS[refusal.kind], headers, body: `${oneLine(text)}\n` };
}

/** Headers and body where the conditions of a request are not met by a file that is there, of `size` bytes. */
export function unmetReply(status: 412 | 416, size: number): { headers: Record<string, string>; body: string } {
  const headers = { 'content-type': TEXT, 'cache-control': 'no-store' };
  return status === 412
    ? { headers, body: 'precondition failed\n' }
    : { headers: { ...headers, 'content-range': `bytes */${size}` }, body: 'range not satisfiable\n' };
}

/** How long a link to a zip in the storage holds, in seconds: it must outlast its caches and a slow start. */
export const LINK_LIFETIME = 900;

/** Status and headers of an answer that sends the client to the storage. */
export function redirectReply(location: string): { status: number; headers: Record<string, string> } {
  const headers = { location, 'content-type': TEXT, 'cache-control': `public, max-age=${LINK_LIFETIME / 3}` };
  return { status: 302, headers };
}

/** The content type of a module's file. */
function contentType(kind: ModuleRequest['kind']): string {
  switch (kind) {
    case 'info':
    case 'latest':
    case 'query':
      return JSON_TYPE;
    case 'zip':
      return 'application/zip';
    default:
      return TEXT;
  }
}

/** The content type of a checksum database's answer, as the databases themselves have it. */
export function sumdbContentType({ kind, path }: SumdbRequest): string {
  return kind === 'tile' && !path.startsWith('tile/8/data/') ? 'application/octet-stream' : TEXT;
}

/** Cache-Control of a stored file, by what never changes, what hardly does, and what is fresh for `fresh` milliseconds. */
function cacheControl(kind: ModuleRequest['kind'], fresh: number): string {
  if (kind === 'mod' || kind === 'zip') return 'public, max-age=31536000, immutable';
  if (kind === 'info') return 'public, max-age=604800';
  return freshFor(fresh);
}

/** What the headers of an answer with a stored file say beside its stat. */
export interface StoredKind {
  readonly type: string;
  /** Its Cache-Control. */
  readonly caching: string;
  readonly cache: CacheLabel;
}

/** That of a module's file; `fresh` as for cacheControl. */
export function storedKind(kind: ModuleRequest['kind'], fresh: number, cache: CacheLabel): StoredKind {
  return { type: contentType(kind), caching: cacheControl(kind, fresh), cache };
}

/** The headers that every answer with a stored file has, or with a part of it. */
export function storedHeaders(
  { etag, modified }: ObjectStat,
  { type, caching, cache }: StoredKind,
): Record<string, string> {
  return {
    'content-type': type,
    'cache-control': caching,
    'x-stoa-cache': cache,
    etag: `"${etag}"`,
    'last-modified': modified.toUTCString(),
    'accept-ranges': 'bytes',
  };
}

/** Cache-Control of an answer that grows old. */
export function freshFor(milliseconds: number): string {
  return `public, max-age=${Number.isFinite(milliseconds) ? Math.max(0, Math.floor(milliseconds / 1000)) : 31536000}`;
}

/** Headers of the index and of a catalog page, which grow all the time. */
export function listingHeaders(): Record<string, string> {
  return { 'content-type': JSON_TYPE, 'cache-control': 'public, max-age=5', 'x-stoa-cache': 'storage' };
}

// cmd/go drops a body with a non-graphic character and cuts one at 648 bytes.
function oneLine(text: string): string {
  const line = text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  if (Buffer.byteLength(line) <= LONGEST) return line;
  return `${Buffer.from(line)
    .subarray(0, LONGEST - 3)
    .toString('utf8')
    .replace(/\uFFFD+$/u, '')}...`;
}
