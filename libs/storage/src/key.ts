/**
 * Elements of printable ASCII, none of them empty, `.` or `..`, the first not `.tmp`. ASCII alone: the order of strings is
 * then the order of bytes, and no file system normalises it to something else.
 */
const KEY = /^(?!\.tmp(?:\/|$))(?:(?!\.\.?(?:\/|$))[ -.0-~]+(?:\/(?!$)|$))+$/;

/** Bytes of an element, where file systems stop, and of a whole key, where S3 does. */
const LONGEST = { element: 255, key: 1024 };
const LONG_ELEMENT = new RegExp(`[^/]{${LONGEST.element + 1}}`);

/** Folder of unfinished files below the root of a file storage: no key begins with it, on any adapter. */
export const UNFINISHED_FOLDER = '.tmp';

/** What was given is no key of an object store, or is the folder of another key. */
export class KeyError extends TypeError {
  override readonly name = 'KeyError';
}

/** Tells whether a text has the form of a key. */
export function isKey(text: string): boolean {
  return KEY.test(text);
}

/** Throws KeyError on what is no key of an object store that puts so many bytes in front of it. */
export function checkKey(key: string, above = 0): void {
  if (!isKey(key)) throw new KeyError('malformed key');
  if (above + key.length <= LONGEST.element) return;
  if (above + key.length > LONGEST.key || LONG_ELEMENT.test(key)) throw new KeyError('key too long');
}

/** Gives the folder part of a prefix with its trailing `/`, or an empty string. Throws KeyError when it is no path. */
export function prefixFolder(prefix: string): string {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  if (folder !== '') checkKey(folder.slice(0, -1));
  return folder;
}
