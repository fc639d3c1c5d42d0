import { InvalidValue } from './invalid-value.js';

/** Reads the name of a bucket by Amazon's rules. Throws InvalidValue. */
export function parseBucket(text: string): string {
  if (!/^[a-z\d][a-z\d.-]{1,61}[a-z\d]$/.test(text)) {
    throw new InvalidValue('is not the name of a bucket: 3 to 63 of a-z, 0-9, - and .');
  }
  return text;
}

/** Reads `http://host:port` or `https://host`, without user, path or query. Throws InvalidValue. */
export function parseEndpoint(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const bare = url && url.href === `${url.origin}/`;
  if (!bare || !/^https?:$/.test(url.protocol)) throw new InvalidValue('is not http://host:port or https://host');
  return url;
}
