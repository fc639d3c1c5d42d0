import type { IncomingMessage } from 'node:http';
import { RefusalError } from '#libs/protocol';

/** A host and a port, roughly: what can't be in an authority of a URL is refused. */
const AUTHORITY = /^[^\s/?#@\\]*$/;

/**
 * The refusal of a request that Node's parser lets pass and HTTP does not: of version 0.9, or of version 1.1 without its
 * one Host header (RFC 9112, section 3.2), which Node's own check answers without a word. Null for all others.
 */
export function messageRefusal({ httpVersion, rawHeaders, headers }: IncomingMessage): RefusalError | null {
  if (httpVersion === '0.9') return new RefusalError('bad-request', 'malformed HTTP');
  if (httpVersion !== '1.1') return null;
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  if (hosts === 1 && AUTHORITY.test(headers.host ?? '')) return null;
  const fault = hosts === 0 ? 'no Host header' : hosts === 1 ? 'malformed Host header' : 'several Host headers';
  return new RefusalError('bad-request', fault);
}
