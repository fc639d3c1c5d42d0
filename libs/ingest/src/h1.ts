import { hash } from 'node:crypto';

/** A file as a directory hash sees it. */
export interface HashedFile {
  /** Its path, a character for each byte (latin1): so names sort by their bytes, as in Go. */
  readonly name: string;
  /** SHA-256 of its content, in hex. */
  readonly sha256: string;
}

/** Gives the directory hash `h1:...` of go.sum over all files (golang.org/x/mod/sumdb/dirhash Hash1). */
export function hashFiles(files: readonly HashedFile[]): string {
  return hashLines([linesOf(files)]);
}

/** What a directory hash is made of: a line for each file, in the order of their names. */
export function linesOf(files: readonly HashedFile[]): string {
  const sorted = files.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return sorted.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join('');
}

/** Gives the directory hash of which these are the lines, in parts. */
export function hashLines(parts: readonly string[]): string {
  return `h1:${hash('sha256', Buffer.from(parts.join(''), 'latin1'), 'base64')}`;
}

/** Gives the hash of a go.mod in go.sum: of a directory with this file alone. */
export function hashGoMod(goMod: Buffer): string {
  return hashFiles([{ name: 'go.mod', sha256: hash('sha256', goMod, 'hex') }]);
}
