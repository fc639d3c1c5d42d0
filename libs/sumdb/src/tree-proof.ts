import { EMPTY_TREE, nodeHash } from './hash.js';
import type { HashTile } from './hash-tile.js';
import { lie } from './lie.js';
import { TILE_WIDTH, type TilePosition } from './tile.js';
import type { TreeHead } from './tree-head.js';

/** A tile as far as a tree fills it. */
export interface TileSpan extends TilePosition {
  readonly width: number;
}

/** Finds the tile at a position. */
export type TileOf = (position: TilePosition) => HashTile;

/** How many hashes of a tile a tree of `size` records has: 0 to 256. */
export function widthIn(size: number, { level, index }: TilePosition): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.min(TILE_WIDTH, Math.max(0, hashes - index * TILE_WIDTH));
}

/** The partial tiles at the right edge of a tree, topmost first: its hash is made of exactly their hashes. */
export function edgeTiles(size: number): TileSpan[] {
  const edge: TileSpan[] = [];
  for (let level = 0, rest = size; rest > 0; level++, rest = Math.floor(rest / TILE_WIDTH)) {
    const width = rest % TILE_WIDTH;
    if (width > 0) edge.unshift({ level, index: Math.floor(rest / TILE_WIDTH), width });
  }
  return edge;
}

/** The hash of a tree of `size` records (RFC 6962, 2.1), from its edge tiles or wider ones. */
export function treeHash(size: number, tileOf: TileOf): Buffer {
  const peaks = edgeTiles(size).flatMap((span) => tileOf(span).peaks(span.width));
  return peaks.reduceRight<Buffer | null>((right, left) => (right ? nodeHash(left, right) : left), null) ?? EMPTY_TREE;
}

/**
 * Which tiles prove those that are wanted to be in a tree: each with its parents up to one that `isProven`, or to the
 * tree's edge and then all of the edge, which its hash proves. Parents come before children.
 */
export function planProof(
  size: number,
  wanted: readonly TilePosition[],
  isProven: (span: TileSpan) => boolean,
): TileSpan[] {
  const plan = new Map<string, TileSpan>();
  const add = (span: TileSpan): void => void plan.set(`${span.level}/${span.index}`, span);
  for (const { level, index } of wanted) {
    let span = { level, index, width: widthIn(size, { level, index }) };
    if (span.width === 0) throw new RangeError('tile outside of its tree');
    while (!plan.has(`${span.level}/${span.index}`) && !isProven(span)) {
      if (span.width < TILE_WIDTH) {
        edgeTiles(size).forEach(add);
        break;
      }
      add(span);
      const parent = parentOf(span);
      span = { ...parent, width: widthIn(size, parent) };
    }
  }
  return [...plan.values()].sort((one, other) => other.level - one.level);
}

/**
 * Checks the tiles of a plan against a tree: the edge against its hash, every full tile against its parent. Throws
 * RefusalError `forbidden` when one is forged: which of them nobody can tell.
 */
export function checkProof(head: TreeHead, plan: readonly TileSpan[], tileOf: TileOf): void {
  const hasEdge = plan.some(({ width }) => width < TILE_WIDTH);
  if (hasEdge && !treeHash(head.size, tileOf).equals(head.hash)) throw lie('downloaded inconsistent tile');
  for (const span of plan) {
    if (span.width < TILE_WIDTH) continue;
    if (
      !tileOf(parentOf(span))
        .hash(span.index % TILE_WIDTH)
        .equals(tileOf(span).root)
    )
      throw lie('downloaded inconsistent tile');
  }
}

function parentOf({ level, index }: TilePosition): TilePosition {
  return { level: level + 1, index: Math.floor(index / TILE_WIDTH) };
}
