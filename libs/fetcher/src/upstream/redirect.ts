import { SourceFault } from './fault.js';

/** Where a request goes. */
export interface Target {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path and query, as they are sent. */
  readonly path: string;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** The location that an answer redirects to; null when it is no redirect. */
export function redirectOf(statusCode: number, location: string | string[] | undefined): string | null {
  return REDIRECTS.has(statusCode) && typeof location === 'string' ? location : null;
}

/** Go's rules: to another http(s) URL, never from https to http. Credentials in a location are not used. */
export function redirectTarget(location: string, from: Target): Target {
  const url = URL.parse(location, from.origin + from.path);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new SourceFault('upstream', 'the upstream redirects to something that is no web address');
  }
  if (from.origin.startsWith('https:') && url.protocol === 'http:') {
    throw new SourceFault('upstream', 'the upstream redirects from https to http');
  }
  return { origin: url.origin, path: url.pathname + queryOf(location, url) };
}

/** A signature may be over the query as it stands, so it is sent byte for byte where HTTP allows that. */
function queryOf(location: string, url: URL): string {
  const written = /^[^?#]*(\?[^#]*)/.exec(location)?.[1];
  return written !== undefined && /^[\x21-\x7e]*$/.test(written) ? written : url.search;
}
