import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RefusalError } from '#libs/protocol';
import { HashTile } from '../src/hash-tile.js';
import { HASH_SIZE, leafHash } from '../src/hash.js';
import { parseTilePath, TILE_WIDTH, tilePath, type TilePosition } from '../src/tile.js';
import { openTreeHead } from '../src/tree-head.js';
import { edgeTiles, treeHash, widthIn } from '../src/tree-proof.js';
import { parseVerifierKey } from '../src/verifier-key.js';

const KEY = 'sum.test+12e75239+AV3xxVcA5bU7saASg+NcnnmUMTA8EtcYpokRdQOPNzmk';

function table<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`../testdata/${name}.json`, import.meta.url), 'utf8')) as T[];
}

it('reads and writes the paths of tiles as x/mod does', () => {
  for (const [path, level, index, width] of table<[string, number | null, number, number]>('tile-paths')) {
    const tile = level === null ? null : { level: level < 0 ? ('data' as const) : level, index, width };
    expect([path, parseTilePath(path)]).toEqual([path, tile]);
    if (tile) expect(tilePath(tile)).toBe(path);
  }
});

it('opens signed tree heads as x/mod does', () => {
  const key = parseVerifierKey(KEY);
  const KINDS: Readonly<Record<string, string>> = { forbidden: 'forged', upstream: 'malformed' };
  for (const [text, verdict] of table<[string, number | string]>('notes')) {
    let ours: number | string | undefined;
    try {
      ours = openTreeHead(Buffer.from(text), key).size;
    } catch (error) {
      ours = error instanceof RefusalError ? KINDS[error.kind] : String(error);
    }
    expect([text, ours]).toEqual([text, verdict]);
  }
});

describe('a tree', () => {
  const rows = table<[number, string]>('trees');
  const last = rows.at(-1)?.[0] ?? 0;
  const leaves = Buffer.concat(Array.from({ length: last }, (_, at) => leafHash(Buffer.from(`record ${at}\n`))));
  const tiles = new Map<string, HashTile>();
  const hashesAt = (level: number): Buffer => {
    if (level === 0) return leaves;
    const below = hashesAt(level - 1);
    const full = Math.floor(below.length / HASH_SIZE / TILE_WIDTH);
    return Buffer.concat(Array.from({ length: full }, (_, index) => new HashTile(cut(below, index, 256)).root));
  };
  const cut = (hashes: Buffer, index: number, width: number): Buffer =>
    hashes.subarray(index * TILE_WIDTH * HASH_SIZE, (index * TILE_WIDTH + width) * HASH_SIZE);
  for (const level of [0, 1, 2]) {
    const hashes = hashesAt(level);
    for (let index = 0; widthIn(last, { level, index }) > 0; index++)
      tiles.set(`${level}/${index}`, new HashTile(cut(hashes, index, widthIn(last, { level, index }))));
  }

  it('of any size has the hash that x/mod gives it, read from tiles that a larger tree fills', () => {
    const tileOf = ({ level, index }: TilePosition): HashTile => tiles.get(`${level}/${index}`)!;
    for (const [size, hash] of rows) expect([size, treeHash(size, tileOf).toString('base64')]).toEqual([size, hash]);
  });

  it('has as edge the partial tiles alone, topmost first', () => {
    expect(edgeTiles(0)).toEqual([]);
    expect(edgeTiles(256)).toEqual([{ level: 1, index: 0, width: 1 }]);
    expect(edgeTiles(65_536 + 5)).toEqual([
      { level: 2, index: 0, width: 1 },
      { level: 0, index: 256, width: 5 },
    ]);
    expect(edgeTiles(2 ** 53 - 1)).toHaveLength(7);
  });
});

it('refuses a malformed verifier key', () => {
  for (const key of ['', 'sum.test', KEY.replace('12e75239', '12e75238'), KEY.slice(0, -1), `${KEY}AAAA`])
    expect(() => parseVerifierKey(key)).toThrow(TypeError);
});
