import { foldCase } from './case-fold.js';
import { MAX_PATHS } from './limits.js';
import { quoted, ZipFault } from './zip-fault.js';

interface Node {
  readonly name: string;
  readonly folder: boolean;
  children: Map<string, Node> | null;
}

/**
 * The tree of a zip's paths: refuses those that could not all be extracted on a file system that ignores case. The
 * rules of x/mod zip's collisionChecker; a tree, for that one's work grows with the square of a path's depth.
 */
export class PathTree {
  private readonly root: Node = { name: '', folder: true, children: null };
  private count = 0;
  /** The folder of the path before, with its slash: entries of one folder mostly follow each other. */
  private last = { path: '', node: this.root };

  /** Adds a clean path without trailing slash. Throws ZipFault when it collides with one that was added before. */
  add(path: string, folder: boolean): void {
    const name = path.lastIndexOf('/') + 1;
    const parent = path.slice(0, name);
    if (parent !== this.last.path) this.last = { path: parent, node: this.walk(parent) };
    this.child(this.last.node, path, name, path.length, folder);
  }

  private walk(parent: string): Node {
    let node = this.root;
    for (let start = 0, end = 0; start < parent.length; start = end + 1) {
      end = parent.indexOf('/', start);
      node = this.child(node, parent, start, end, true);
    }
    return node;
  }

  private child(parent: Node, path: string, start: number, end: number, folder: boolean): Node {
    const name = path.slice(start, end);
    const folded = foldCase(name);
    parent.children ??= new Map();
    const known = parent.children.get(folded);
    if (known === undefined) {
      if (++this.count > MAX_PATHS) throw new ZipFault(`too many files and folders (max is ${MAX_PATHS})`);
      const node: Node = { name, folder, children: null };
      parent.children.set(folded, node);
      return node;
    }

    if (known.name !== name) {
      const other = path.slice(0, start) + known.name;
      throw new ZipFault(`case-insensitive file name collision: ${quoted(other)} and ${quoted(path.slice(0, end))}`);
    }
    if (known.folder !== folder) throw new ZipFault(`${quoted(path.slice(0, end))} is both a file and a directory`);
    if (!folder) throw new ZipFault(`multiple entries for file ${quoted(path)}`);
    return known;
  }
}
