import type { Refusal, RefusalKind } from '#libs/protocol';
import type { SumdbRequest, ModuleRequest } from '#libs/protocol';

/** Every status, content type and Cache-Control of the gateway: nothing else in it knows one. */
export const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json';

const STATUS: Readonly<Record<RefusalKind, number>> = {
  'not-found': 404,
  'bad-request': 400,
  unauthorized: 401,
  forbidden: 403,
  method: 405,
  limited: 429,
  busy: 503,
  upstream: 502,
  timeout: 504,
  internal: 500,
};

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

/** cmd/go shows at most 648 bytes of an error body. */
const LONGEST = 600;

/** Seconds after which a client may try again when something of ours is away. */
const RETRY_AFTER = '2';

/** Status line, headers and body of a refusal: `<kind in words>: <module>@<version>: <reason>`, one line. */
export function refusalReply(
  refusal: Refusal,
  requestId: string,
  negativeTtl: number,
): { status: number; headers: Record<string, string>; body: string } {
  const text =
    refusal.kind === 'internal'
      ? `internal error (request ${requestId})`
      : `${WORDS[refusal.kind]}: ${refusal.message}`;
  const headers: Record<string, string> = {
    'content-type': TEXT,
    'cache-control': refusal.kind === 'not-found' ? `public, max-age=${Math.ceil(negativeTtl / 1000)}` : 'no-store',
  };
  if (refusal.kind === 'busy') headers['retry-after'] = RETRY_AFTER;
  if (refusal.kind === 'method') headers['allow'] = 'GET, HEAD';
  return { status: STATUS[refusal.kind], headers, body: `${oneLine(text)}\n` };
}

/** The content type of a stored file. */
export function contentType(kind: ModuleRequest['kind'] | SumdbRequest['kind']): string {
  switch (kind) {
    case 'info':
    case 'latest':
    case 'query':
      return JSON_TYPE;
    case 'zip':
      return 'application/zip';
    case 'tile':
      return 'application/octet-stream';
    default:
      return TEXT;
  }
}

/** Cache-Control of a stored file, by what never changes, what hardly does, and what is fresh for `fresh` milliseconds. */
export function cacheControl(kind: ModuleRequest['kind'], fresh: number): string {
  if (kind === 'mod' || kind === 'zip') return 'public, max-age=31536000, immutable';
  if (kind === 'info') return 'public, max-age=604800';
  return freshFor(fresh);
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
