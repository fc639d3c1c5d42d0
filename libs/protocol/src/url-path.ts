import { printable } from './printable.js';
import { RefusalError } from './refusal.js';

/** Bytes that are shown of what was asked and of the reason, which may repeat a part of it: together what go shows. */
const SHOWN_BYTES = 256;
const REASON_BYTES = 300;
/** What is longer than this has no storage key, even when every character of it is percent-encoded. */
const MAX_LENGTH = 3 * 1024;

/** Makes the refusal of a malformed or unknown request: `<what was asked>: <reason>`, printable and short. */
export function notFound(asked: string, reason: string): RefusalError {
  return new RefusalError('not-found', `${printable(asked || '/', SHOWN_BYTES)}: ${printable(reason, REASON_BYTES)}`);
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
