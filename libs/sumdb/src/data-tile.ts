import { leafHash } from './hash.js';
import type { HashTile } from './hash-tile.js';
import { lie, nonsense } from './lie.js';

/**
 * Cuts the first `width` of exactly `have` records out of a data tile: each ends with a blank line (x/mod
 * tlog.FormatRecord). Throws RefusalError when there are more or fewer.
 */
export function cutRecords(bytes: Buffer, have: number, width: number): Buffer {
  const ends = recordEnds(bytes);
  const end = ends[width - 1];
  if (ends.length !== have || end === undefined || ends.at(-1) !== bytes.length)
    throw nonsense(`a data tile without its ${have} records`);
  return bytes.subarray(0, end);
}

/** Checks the records of a data tile against their hashes. Throws RefusalError `forbidden` when one is altered. */
export function checkRecords(bytes: Buffer, hashes: HashTile): void {
  let start = 0;
  for (const [index, end] of recordEnds(bytes).entries()) {
    // The blank line is not hashed.
    if (!leafHash(bytes.subarray(start, end - 1)).equals(hashes.hash(index)))
      throw lie('cannot authenticate record data in server response');
    start = end;
  }
}

function recordEnds(bytes: Buffer): number[] {
  const ends: number[] = [];
  for (let at = bytes.indexOf('\n\n'); at >= 0; at = bytes.indexOf('\n\n', at + 2)) ends.push(at + 2);
  return ends;
}
