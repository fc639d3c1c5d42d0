import type { ObjectStat } from '#libs/storage';
import type { Unfit } from './source.js';

/** A file of a tree. */
export interface SourceFile {
  readonly path: string;
  /** In bytes; undefined where the listing does not tell. */
  readonly size?: number;
}

/** The files of a tree of modules, wherever it is. A path is relative to its root, with `/`. Absent files are broken. */
export interface SourceFiles {
  /** How many versions may be fetched at once. */
  readonly concurrency: number;
  /** All files, a folder after the other. */
  all(): AsyncIterable<readonly SourceFile[]>;
  /** Folders that it met and that can't be read; what is in them is left out. */
  unread(): Iterable<Unfit>;
  stat(path: string): Promise<Pick<ObjectStat, 'size' | 'modified'>>;
  /** Reads a file of at most so many bytes; null: it has more. */
  read(path: string, most: number): Promise<Buffer | null>;
  /** Copies a file of at most so many bytes to a new local one and gives their number; null: it has more. */
  copy(path: string, to: string, most: number): Promise<number | null>;
  close(): Promise<void>;
}
