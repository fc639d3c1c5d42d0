import { LRUCache } from 'lru-cache';
import { RefusalError, SingleFlight } from '#libs/protocol';
import { readBody, type MetaStore } from '#libs/storage';
import { cutRecords } from './data-tile.js';
import { HASH_SIZE } from './hash.js';
import { HashTile } from './hash-tile.js';
import { nonsense } from './lie.js';
import type { Remote } from './remote.js';
import { TILE_WIDTH, tilePath, type Tile, type TilePosition } from './tile.js';
import type { TileSpan } from './tree-proof.js';

/** Memory for proven tiles, in bytes. A tile takes twice the bytes of its hashes, with the nodes above them. */
const MEMORY = 32 * 1024 * 1024;

/** Where tiles are found: proven ones in memory and in the store, else the database's, which nobody has checked. */
export class TileShelf {
  private readonly memory = new LRUCache<string, HashTile>({
    maxSize: MEMORY,
    sizeCalculation: (tile) => 2 * HASH_SIZE * tile.width,
  });
  private readonly stored = new WeakSet<HashTile>();
  /** How those tiles are stored that came from the database, once they are proven. */
  private readonly fetched = new WeakMap<HashTile, 'create' | 'replace'>();
  private readonly flights = new SingleFlight<HashTile>();

  constructor(
    private readonly meta: MetaStore,
    private readonly folder: string,
    private readonly remote: Remote,
  ) {}

  /** A proven tile in memory that is wide enough, or null. */
  proven({ level, index, width }: TileSpan): HashTile | null {
    const tile = this.memory.get(`${level}/${index}`);
    return tile && tile.width >= width ? tile : null;
  }

  /** Finds a tile of at least this width: whoever uses it proves it first. Throws RefusalError. */
  async read(span: TileSpan, signal: AbortSignal): Promise<HashTile> {
    const path = tilePath(span);
    return this.proven(span) ?? this.flights.join(path, signal, (shared) => this.find(span, path, shared));
  }

  /** Tells whether a tile came from the store, where it may have been damaged since it was proven. */
  isStored(tile: HashTile): boolean {
    return this.stored.has(tile);
  }

  /** Finds the database's own tile in place of a stored one: it replaces that once it is proven. Throws RefusalError. */
  async refetch(span: TileSpan, signal: AbortSignal): Promise<HashTile> {
    return this.flights.join(`${tilePath(span)} anew`, signal, (shared) => this.fetchHashes(span, 'replace', shared));
  }

  /** Keeps what is proven: in memory, and full tiles, which never change, in the store. */
  async keep(tiles: Iterable<readonly [TilePosition, HashTile]>): Promise<void> {
    const writes: Promise<unknown>[] = [];
    for (const [{ level, index }, tile] of tiles) {
      const known = this.memory.get(`${level}/${index}`);
      if (known === undefined || known.width < tile.width) this.memory.set(`${level}/${index}`, tile);
      const mode = this.fetched.get(tile);
      this.fetched.delete(tile);
      if (mode === undefined || (mode === 'create' && tile.width < TILE_WIDTH)) continue;
      const path = tilePath({ level, index, width: tile.width });
      writes.push(this.meta.put(this.folder + path, tile.first(tile.width), mode));
    }
    await Promise.all(writes);
  }

  /** Fetches the records of a data tile. Throws RefusalError. */
  async records(index: number, width: number, signal: AbortSignal): Promise<Buffer> {
    return this.fetch({ level: 'data', index, width }, signal, cutRecords);
  }

  private async find(span: TileSpan, path: string, signal: AbortSignal): Promise<HashTile> {
    const stored = await this.meta.get(this.folder + path);
    if (stored?.stat.size !== span.width * HASH_SIZE) return this.fetchHashes(span, 'create', signal);
    const tile = new HashTile(await readBody(stored.body));
    this.stored.add(tile);
    return tile;
  }

  private async fetchHashes(span: TileSpan, mode: 'create' | 'replace', signal: AbortSignal): Promise<HashTile> {
    const tile = new HashTile(await this.fetch(span, signal, cutHashes).catch(ofTheTree));
    this.fetched.set(tile, mode);
    return tile;
  }

  /** A partial tile may be gone once the full one is there: on any error that one is tried. */
  private async fetch(
    tile: Tile,
    signal: AbortSignal,
    cut: (bytes: Buffer, have: number, width: number) => Buffer,
  ): Promise<Buffer> {
    const ask = async (have: number): Promise<Buffer> => {
      const { bytes } = await this.remote(tilePath({ ...tile, width: have }), { signal });
      return cut(bytes, have, tile.width);
    };
    try {
      return await ask(tile.width);
    } catch (error) {
      if (tile.width === TILE_WIDTH || signal.aborted) throw error;
      return ask(TILE_WIDTH).catch(() => Promise.reject(error as Error));
    }
  }
}

function cutHashes(bytes: Buffer, have: number, width: number): Buffer {
  if (bytes.length !== have * HASH_SIZE) throw nonsense(`a tile of ${bytes.length} bytes for ${have} hashes`);
  return bytes.subarray(0, width * HASH_SIZE);
}

/** A tile of a tree that the database has signed is there: its lack is no answer to what was asked. */
function ofTheTree(error: unknown): never {
  if (error instanceof RefusalError && error.kind === 'not-found') throw new RefusalError('upstream', error.message);
  throw error;
}
