import { printable } from './printable.js';
import { RefusalError } from './refusal.js';

const SHOWN_BYTES = 256;
/** What is longer than this has no storage key, even when every character of it is percent-encoded. */
const MAX_LENGTH = 3 * 1024;

/** Makes the refusal of a malformed or unknown request: `<what was asked>: <reason>`, printable and short. */
export function notFound(asked: string, reason: string): RefusalError {
  return new RefusalError('not-found', `${printable(asked || '/', SHOWN_BYTES)}: ${reason}`);
}

/** Percent-decodes a URL path once. Throws a not-found refusal on a bad escape, on what is not UTF-8, and on what is too long in any case. */
export function decodeUrlPath(path: string): string {
  if (path.length > MAX_LENGTH) throw notFound(path, 'path too long');
  try {
    return decodeURIComponent(path);
  } catch {
    throw notFound(path, 'malformed URL path');
  }
}
