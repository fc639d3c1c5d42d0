const TILE_PATH = /^tile\/8\/(?:data|0|[1-9]\d*)\/(?:x(?!000)\d{3}\/(?:x\d{3}\/)*)?\d{3}(?:\.p\/([1-9]\d{0,2}))?$/;
const FULL_WIDTH = 256;
const MAX_COORDINATE = 2n ** 63n - 1n;

/**
 * Tells whether a text is the path of a checksum database's tile of height 8, the only one that is served:
 * `tile/8/<level or data>/<number>[.p/<width>]` (x/mod tlog.ParseTilePath).
 */
export function isTilePath(path: string): boolean {
  const match = TILE_PATH.exec(path);
  if (match === null || Number(match[1] ?? 0) >= FULL_WIDTH) return false;

  const [, , level = '0', ...groups] = path.replace(/\.p\/\d+$/, '').split('/');
  const number = groups.map((group) => group.replace('x', '')).join('');
  return [level === 'data' ? '0' : level, number].every((digits) => BigInt(digits) <= MAX_COORDINATE);
}
