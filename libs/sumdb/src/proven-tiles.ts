import type { HashTile } from './hash-tile.js';
import type { TilePosition } from './tile.js';
import type { TileShelf } from './tile-shelf.js';
import type { TreeHead } from './tree-head.js';
import { checkProof, planProof, type TileSpan } from './tree-proof.js';

/** Tiles that are proven to be in one tree. */
export class ProvenTiles implements Iterable<readonly [TilePosition, HashTile]> {
  private readonly tiles = new Map<string, readonly [TilePosition, HashTile]>();

  private constructor() {}

  /**
   * Finds the wanted tiles of a tree and proves them, with those that it takes to prove them. `known` gives what needs
   * no proof. Throws RefusalError: `forbidden` when a tile is forged.
   */
  static async find(
    shelf: TileShelf,
    head: TreeHead,
    wanted: readonly TilePosition[],
    known: (span: TileSpan) => HashTile | null,
    signal: AbortSignal,
  ): Promise<ProvenTiles> {
    const found = new ProvenTiles();
    const plan = planProof(head.size, wanted, (span) => {
      const tile = known(span);
      // Held from here on: memory may let go of it meanwhile.
      if (tile) found.add(span, tile);
      return tile !== null;
    });
    await Promise.all(plan.map(async (span) => found.add(span, await shelf.read(span, signal))));
    try {
      checkProof(head, plan, found.at);
    } catch (error) {
      const doubtful = plan.filter((span) => shelf.isDoubtful(found.at(span)));
      if (doubtful.length === 0) throw error;
      // Only the database's own tiles convict it.
      await Promise.all(
        doubtful.map(async (span) => found.add(span, await shelf.refetch(span, found.at(span), signal))),
      );
      checkProof(head, plan, found.at);
    }
    return found;
  }

  /** The tile at a position that was wanted. */
  readonly at = ({ level, index }: TilePosition): HashTile => {
    const [, tile] = this.tiles.get(`${level}/${index}`) ?? [];
    if (!tile) throw new RangeError('tile that was not asked for');
    return tile;
  };

  [Symbol.iterator](): Iterator<readonly [TilePosition, HashTile]> {
    return this.tiles.values();
  }

  private add({ level, index }: TilePosition, tile: HashTile): void {
    this.tiles.set(`${level}/${index}`, [{ level, index }, tile]);
  }
}
