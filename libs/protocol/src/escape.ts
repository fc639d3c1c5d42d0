import { modulePathFault } from './module-path.js';
import { elementFault } from './path-element.js';
import { printable } from './printable.js';
import { RefusalError } from './refusal.js';

const SHOWN_BYTES = 256;

function bang(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}

/** Turns `!x` back into `X`; null when the text is not what the escaping makes: upper case, a stray `!`, anything but ASCII. */
export function unbang(escaped: string): string | null {
  if (/[A-Z\u0080-\uffff]|!(?![a-z])/.test(escaped)) return null;
  return escaped.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Escapes a module path for URLs and file names, `github.com/!azure` (x/mod module.EscapePath). Throws a not-found refusal on what is no module path. */
export function escapePath(path: string): string {
  const fault = modulePathFault(path);
  if (fault !== null) {
    throw new RefusalError('not-found', `${printable(path, SHOWN_BYTES)}: malformed module path: ${fault}`);
  }
  return bang(path);
}

/** Gives the module path that an escaped one stands for; null when there is none (x/mod module.UnescapePath). */
export function unescapePath(escaped: string): string | null {
  const path = unbang(escaped);
  return path !== null && modulePathFault(path) === null ? path : null;
}

/** Escapes a version or revision as one element of URLs and file names (x/mod module.EscapeVersion). Throws a not-found refusal on what can't be one. */
export function escapeVersion(version: string): string {
  // Letters beyond ASCII are legal in file names, and have no escaped form.
  if (elementFault(version, 'file') !== null || /[!\u0080-\uffff]/.test(version)) {
    throw new RefusalError('not-found', `${printable(version, SHOWN_BYTES)}: disallowed version string`);
  }
  return bang(version);
}

/** Gives the version or revision that an escaped one stands for; null when there is none (x/mod module.UnescapeVersion). */
export function unescapeVersion(escaped: string): string | null {
  const version = unbang(escaped);
  return version !== null && elementFault(version, 'file') === null ? version : null;
}
