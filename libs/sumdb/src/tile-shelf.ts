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

/** Records of lookups whose hashes are remembered. */
const LOOKED_UP = 4_096;

/** Where a tile came from that is not proven. */
type Source = 'store' | 'lookups' | 'database' | 'database in place of the store';

/** How the tiles of a source are stored once they are proven. */
const STORING = {
  store: null,
  lookups: 'create',
  database: 'create',
  'database in place of the store': 'replace',
} as const satisfies Record<Source, 'create' | 'replace' | null>;

/**
 * Where tiles are found: proven ones in memory; those that a proven one and lookups make up, as when a database takes in
 * what it is asked for; in the store; else the database's own. None but the first are proven.
 */
export class TileShelf {
  private readonly memory = new LRUCache<string, HashTile>({
    maxSize: MEMORY,
    sizeCalculation: (tile) => 2 * HASH_SIZE * tile.width,
  });
  private readonly sources = new WeakMap<HashTile, Source>();
  /** By the record's number. */
  private readonly lookedUp = new LRUCache<number, Buffer>({ max: LOOKED_UP });
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

  /** Notes the hash of a record that a lookup gave, at the place that it gave. */
  noteRecord(id: number, hash: Buffer): void {
    this.lookedUp.set(id, hash);
  }

  /** Finds a tile of at least this width: whoever uses it proves it first. Throws RefusalError. */
  async read(span: TileSpan, signal: AbortSignal): Promise<HashTile> {
    const path = tilePath(span);
    return (
      this.proven(span) ??
      this.madeUp(span) ??
      this.flights.join(path, signal, (shared) => this.find(span, path, shared))
    );
  }

  /**
   * Tells whether a tile is other than the database's own: the store may have damaged it since it was proven, or a
   * lookup have lied.
   */
  isDoubtful(tile: HashTile): boolean {
    const source = this.sources.get(tile);
    return source === 'store' || source === 'lookups';
  }

  /** Finds the database's own tile in place of a doubtful one: it replaces a stored one once it is proven. Throws RefusalError. */
  async refetch(span: TileSpan, doubtful: HashTile, signal: AbortSignal): Promise<HashTile> {
    const source = this.sources.get(doubtful) === 'store' ? 'database in place of the store' : 'database';
    return this.flights.join(`${tilePath(span)} anew`, signal, (shared) => this.fetchHashes(span, source, shared));
  }

  /** Keeps what is proven: in memory, and full tiles, which never change, in the store. */
  async keep(tiles: Iterable<readonly [TilePosition, HashTile]>): Promise<void> {
    const writes: Promise<unknown>[] = [];
    for (const [{ level, index }, tile] of tiles) {
      const known = this.memory.get(`${level}/${index}`);
      if (known === undefined || known.width < tile.width) this.memory.set(`${level}/${index}`, tile);
      const source = this.sources.get(tile);
      this.sources.delete(tile);
      const mode = source ? STORING[source] : null;
      if (mode === null || (mode === 'create' && tile.width < TILE_WIDTH)) continue;
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
    if (stored?.stat.size !== span.width * HASH_SIZE) return this.fetchHashes(span, 'database', signal);
    return this.from('store', new HashTile(await readBody(stored.body)));
  }

  /** The proven part of a tile and, of the records after it, what lookups said of them; null when one was not looked up. */
  private madeUp({ level, index, width }: TileSpan): HashTile | null {
    if (level > 0) return null;
    const proven = this.memory.get(`${level}/${index}`) ?? new HashTile(Buffer.alloc(0));
    const more: Buffer[] = [];
    for (let at = proven.width; at < width; at++) {
      const hash = this.lookedUp.get(index * TILE_WIDTH + at);
      if (!hash) return null;
      more.push(hash);
    }
    return this.from('lookups', proven.with(Buffer.concat(more)));
  }

  private async fetchHashes(span: TileSpan, source: Source, signal: AbortSignal): Promise<HashTile> {
    return this.from(source, new HashTile(await this.fetch(span, signal, cutHashes).catch(ofTheTree)));
  }

  private from(source: Source, tile: HashTile): HashTile {
    this.sources.set(tile, source);
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
