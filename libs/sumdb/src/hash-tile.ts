import { HASH_SIZE, parentHashes } from './hash.js';
import { TILE_WIDTH } from './tile.js';

/** The hashes of a tile and, made when they are first asked for, those of the nodes above them. */
export class HashTile {
  /** What each level of the tile holds, its own hashes first. */
  private readonly levels: Buffer[];

  /** `bytes` are whole hashes, at most 256. */
  constructor(bytes: Buffer) {
    this.levels = [bytes];
  }

  /** A wider tile: this one with more hashes after its own. What is known above its own is not made again. */
  with(hashes: Buffer): HashTile {
    const wider = new HashTile(Buffer.concat([this.level(0), hashes]));
    for (let height = 1; height < this.levels.length; height++) {
      const known = this.level(height);
      const more = parentHashes(wider.level(height - 1).subarray(2 * known.length));
      wider.levels[height] = Buffer.concat([known, more]);
    }
    return wider;
  }

  get width(): number {
    return this.first(TILE_WIDTH).length / HASH_SIZE;
  }

  /** The first hashes of the tile, as a narrower tile has them. */
  first(width: number): Buffer {
    return this.level(0).subarray(0, width * HASH_SIZE);
  }

  /** One of the tile's own hashes. */
  hash(index: number): Buffer {
    return this.node(0, index);
  }

  /** The hash of a whole full tile, which its parent has too. */
  get root(): Buffer {
    return this.node(8, 0);
  }

  /** The hashes of the fewest whole subtrees that make up the first `width` hashes, largest first. */
  peaks(width: number): Buffer[] {
    const peaks: Buffer[] = [];
    for (let height = 8, done = 0; height >= 0; height--) {
      if ((width & (1 << height)) === 0) continue;
      peaks.push(this.node(height, done >> height));
      done += 1 << height;
    }
    return peaks;
  }

  private node(height: number, index: number): Buffer {
    const node = this.level(height).subarray(index * HASH_SIZE, (index + 1) * HASH_SIZE);
    if (node.length !== HASH_SIZE) throw new RangeError('hash outside of its tile');
    return node;
  }

  private level(height: number): Buffer {
    const known = this.levels[height];
    if (known) return known;
    const made = parentHashes(this.level(height - 1));
    this.levels[height] = made;
    return made;
  }
}
