/**
 * Elements of printable ASCII, none of them empty, `.` or `..`, the first not `.tmp`. ASCII alone: the order of strings is
 * then the order of bytes, and no file system normalises it to something else.
 */
const KEY = /^(?!\.tmp(?:\/|$))(?:(?!\.\.?(?:\/|$))[ -.0-~]+(?:\/(?!$)|$))+$/;

/** Folder of unfinished files below the root of a file storage: no key begins with it, on any adapter. */
export const UNFINISHED_FOLDER = '.tmp';

/** Throws TypeError on what is no key of an object store. */
export function checkKey(key: string): void {
  if (!KEY.test(key)) throw new TypeError('malformed object key');
}

/** Gives the folder part of a prefix with its trailing `/`, or an empty string. Throws TypeError when it is no path. */
export function prefixFolder(prefix: string): string {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  if (folder !== '') checkKey(folder.slice(0, -1));
  return folder;
}
