import { setImmediate } from 'node:timers/promises';
import { untilAborted } from '#libs/protocol';
import { leafHash } from './hash.js';
import type { HashTile } from './hash-tile.js';
import type { HeadStore } from './head-store.js';
import { lie } from './lie.js';
import { ProvenTiles } from './proven-tiles.js';
import { TILE_WIDTH, type TilePosition } from './tile.js';
import type { TileShelf } from './tile-shelf.js';
import { BEGINNING, fork, type TreeHead } from './tree-head.js';
import { edgeTiles, treeHash, widthIn } from './tree-proof.js';

/**
 * The one log that a database signs heads of. It goes forward only: a head is believed when the known one is part of
 * it, or it is part of the known one. Of heads that come at the same time the largest is proven first, and then most of
 * the others are in the past: one tile and one stored head for many.
 */
export class Timeline {
  private known: TreeHead | null = null;
  /** Stored heads before the known one. They go when the next comes: who lists the store meanwhile sees one of them. */
  private superseded: readonly TreeHead[] = [];
  private readonly believed = new WeakSet<TreeHead>();
  private readonly waiting = new Set<TreeHead>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly shelf: TileShelf,
    private readonly heads: HeadStore,
  ) {}

  /** The newest head that is believed, in the storage or since. */
  async newest(signal: AbortSignal): Promise<TreeHead> {
    if (!this.known) await this.inTurn(signal, () => this.load(signal));
    return this.known ?? BEGINNING;
  }

  /**
   * Believes a head, and moves forward to it if it is newer. `soon` are tiles that will be asked for next. Throws
   * RefusalError: `forbidden` when it is a fork, or a tile is forged.
   */
  async merge(head: TreeHead, soon: readonly TilePosition[], signal: AbortSignal): Promise<void> {
    if (head.size > (await this.newest(signal)).size) {
      this.waiting.add(head);
      try {
        await this.inTurn(signal, () => this.advance(head, soon, signal));
      } finally {
        this.waiting.delete(head);
      }
    }
    if (this.believed.has(head)) return;
    const newest = await this.newest(signal);
    const tiles = await this.prove(newest, [...edgeTiles(head.size), ...soon], signal);
    if (!treeHash(head.size, tiles.at).equals(head.hash)) throw fork(head, newest);
    this.believed.add(head);
  }

  /**
   * Believes a head that came with a record, and checks that the record is in its tree, at its place. Throws RefusalError
   * `forbidden` if not.
   */
  async include(id: number, record: Buffer, head: TreeHead, signal: AbortSignal): Promise<void> {
    const hash = leafHash(record);
    this.shelf.noteRecord(id, hash);
    const place = leafTile(id);
    await this.merge(head, [place], signal);
    if (id >= head.size) throw lie(`cannot validate record ${id} in tree of size ${head.size}`);
    const leaves = await this.tile(place, signal);
    if (!leaves.hash(id % TILE_WIDTH).equals(hash)) throw lie('cannot authenticate record data in server response');
  }

  /** A proven tile of the newest tree, as wide as that has it. */
  async tile(position: TilePosition, signal: AbortSignal): Promise<HashTile> {
    return (await this.prove(await this.newest(signal), [position], signal)).at(position);
  }

  /** Proves tiles of a believed tree, those beyond it left out. */
  private async prove(head: TreeHead, wanted: readonly TilePosition[], signal: AbortSignal): Promise<ProvenTiles> {
    const inside = wanted.filter((position) => widthIn(head.size, position) > 0);
    const tiles = await ProvenTiles.find(this.shelf, head, inside, (span) => this.shelf.proven(span), signal);
    await this.shelf.keep(tiles);
    return tiles;
  }

  private async advance(head: TreeHead, soon: readonly TilePosition[], signal: AbortSignal): Promise<void> {
    // A larger one that came meanwhile was proven: to go on for those who came since is their own turn.
    if (this.known && head.size <= this.known.size) return;
    // Heads that came in this turn of the event loop are all among the waiting after it.
    await setImmediate();
    const furthest = [...this.waiting].reduce((one, other) => (other.size > one.size ? other : one), head);
    try {
      await this.extend(furthest, soon, signal);
    } catch (error) {
      if (furthest === head || signal.aborted) throw error;
      // It was another's lookup that brought it: that one will say what is wrong with it.
      this.waiting.delete(furthest);
      await this.extend(head, soon, signal);
    }
  }

  /** Moves forward: proves that the known tree is part of the next, stores that, and looks for what others stored. */
  private async extend(next: TreeHead, soon: readonly TilePosition[], signal: AbortSignal): Promise<void> {
    const known = this.known ?? BEGINNING;
    if (next.size <= known.size) return;
    const proven = [await this.continuation(known, next, soon, signal)];
    const [{ created, others }] = await Promise.all([
      this.heads.enter(next, known),
      this.heads.remove(this.superseded),
    ]);
    let newest = next;
    const past = [known];
    try {
      for (const other of others) {
        const [older, newer] = other.size < newest.size ? [other, newest] : [newest, other];
        proven.push(await this.continuation(older, newer, [], signal));
        past.push(older);
        newest = newer;
      }
    } catch (error) {
      if (created) await this.heads.remove([next]);
      throw error;
    }
    for (const tiles of proven) await this.shelf.keep(tiles);
    this.move(newest, past);
    this.believed.add(next);
  }

  /** Takes up where the workers of this storage stand: most often one head, else each must continue the one before. */
  private async load(signal: AbortSignal): Promise<void> {
    if (this.known) return;
    const [first = BEGINNING, ...later] = await this.heads.all();
    let known = first;
    const past: TreeHead[] = [];
    for (const head of later) {
      await this.shelf.keep(await this.continuation(known, head, [], signal));
      past.push(known);
      known = head;
    }
    this.move(known, past);
  }

  /** Proves that a tree is part of a later one. Nothing is kept yet: the later one may be a lie. */
  private async continuation(
    older: TreeHead,
    newer: TreeHead,
    soon: readonly TilePosition[],
    signal: AbortSignal,
  ): Promise<ProvenTiles> {
    const inside = soon.filter((position) => widthIn(newer.size, position) > 0);
    const wanted = [...edgeTiles(newer.size), ...edgeTiles(older.size), ...inside];
    const tiles = await ProvenTiles.find(this.shelf, newer, wanted, () => null, signal);
    if (!treeHash(older.size, tiles.at).equals(older.hash)) throw fork(older, newer);
    return tiles;
  }

  private move(known: TreeHead, past: readonly TreeHead[]): void {
    this.known = known;
    this.superseded = past.filter(({ size }) => size > 0);
    this.believed.add(known);
  }

  private async inTurn(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const former = this.turn;
    const mine = (async () => {
      await former;
      signal.throwIfAborted();
      await work();
    })();
    this.turn = mine.catch(() => undefined);
    await untilAborted(mine, signal);
  }
}

/** The tile with a record's hash. */
function leafTile(id: number): TilePosition {
  return { level: 0, index: Math.floor(id / TILE_WIDTH) };
}
