import { realpathSync, statSync } from 'node:fs';
import { sep } from 'node:path';

/** The symbolic links of a tree: each folder behind them is read once, and those that the tree has itself by their own names. */
export class Links {
  private readonly read: string[];

  constructor(root: string) {
    this.read = [realpathSync(root)];
  }

  /** Tells what to read a link as; null for neither a folder that is new nor a file. */
  follow(path: string): 'folder' | 'file' | null {
    try {
      const found = statSync(path);
      if (!found.isDirectory()) return found.isFile() ? 'file' : null;
      const folder = realpathSync(path);
      if (this.read.some((other) => holds(other, folder) || holds(folder, other))) return null;
      this.read.push(folder);
      return 'folder';
    } catch {
      // Nothing is behind it, or nothing that may be seen: whoever reads it tells why.
      return 'file';
    }
  }
}

function holds(folder: string, other: string): boolean {
  return `${other}${sep}`.startsWith(`${folder}${sep}`);
}
