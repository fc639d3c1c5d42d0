/** Hashes in a full tile: height 8, the only one in use. */
export const TILE_WIDTH = 256;

/** Which tile: the `index`th of the tiles at a level of tiles. It holds hashes of level `8 * level` of the tree. */
export interface TilePosition {
  readonly level: number;
  readonly index: number;
}

/** A tile as a path names it. `data` holds the records themselves in place of their hashes. */
export interface Tile {
  readonly level: number | 'data';
  readonly index: number;
  /** How many hashes or records: 1 to 256, which is a full tile. */
  readonly width: number;
}

/** The path of a tile in a database, `tile/8/<level>/<index>[.p/<width>]` (x/mod tlog.Tile.Path). */
export function tilePath({ level, index, width }: Tile): string {
  // Three digits a folder, so that none grows large.
  const digits = index.toString();
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const number = padded.replace(/\d{3}(?=\d)/g, 'x$&/');
  return `tile/8/${level}/${number}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** Reads the path of a tile; null for any other text, and for tiles that no tree can have here. */
export function parseTilePath(path: string): Tile | null {
  const match = /^tile\/8\/(data|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
  if (!match) return null;
  const [, level = '', groups = '', width = `${TILE_WIDTH}`] = match;
  const tile: Tile = {
    level: level === 'data' ? level : Number(level),
    index: Number(groups.replace(/[x/]/g, '')),
    width: Number(width),
  };
  const possible = Number.isSafeInteger(tile.index) && tile.width > 0 && tile.width <= TILE_WIDTH;
  return possible && tilePath(tile) === path ? tile : null;
}
