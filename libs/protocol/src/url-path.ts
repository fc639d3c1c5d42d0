import { printable } from './printable.js';
import { RefusalError } from './refusal.js';

const SHOWN_BYTES = 256;

/** Makes the refusal of a malformed or unknown request: `<what was asked>: <reason>`, printable and short. */
export function notFound(asked: string, reason: string): RefusalError {
  return new RefusalError('not-found', `${printable(asked || '/', SHOWN_BYTES)}: ${reason}`);
}

/** Percent-decodes a URL path once. Throws a not-found refusal on a bad escape and on what is not UTF-8. */
export function decodeUrlPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw notFound(path, 'malformed URL path');
  }
}
