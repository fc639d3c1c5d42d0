import { InvalidValue } from './invalid-value.js';

/** Reads `http://host:port` or `https://host/path`, without user or query; its path ends in no `/`. Throws InvalidValue. */
export function parseServerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const bare = url && url.href === `${url.origin}${url.pathname}`;
  if (!bare || !/^https?:$/.test(url.protocol)) throw new InvalidValue('is not http://host:port or https://host/path');
  url.pathname = url.pathname.replace(/\/+$/, '');
  return url;
}

/** Reads a bearer token as an HTTP header can carry it. Throws InvalidValue. */
export function parseBearerToken(text: string): string {
  if (!/^[\w.~+/-]+=*$/.test(text)) throw new InvalidValue('is not a token of letters, digits and -._~+/=');
  return text;
}
