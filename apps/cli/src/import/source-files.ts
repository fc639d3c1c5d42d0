/** The files of a tree of modules, wherever it is. A path is relative to its root, with `/`. Absent files are broken. */
export interface SourceFiles {
  /** How many versions may be fetched at once. */
  readonly concurrency: number;
  /** The paths of all files, those of a folder together. */
  paths(): AsyncIterable<string>;
  size(path: string): Promise<number>;
  modified(path: string): Promise<Date>;
  read(path: string): Promise<Buffer>;
  /** Copies a file to a new local one. */
  copy(path: string, to: string): Promise<void>;
  close(): Promise<void>;
}
