import type { IncomingMessage } from 'node:http';
import { RefusalError } from '#libs/protocol';

/** A host and a port, roughly: what can't be in an authority of a URL is refused. */
const AUTHORITY = /^[^\s/?#@\\]*$/;

/**
 * The refusal of a request without the one Host header that HTTP/1.1 demands (RFC 9112, section 3.2), else null. Node's
 * own check answers without a word.
 */
export function hostRefusal({ httpVersion, rawHeaders, headers }: IncomingMessage): RefusalError | null {
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
