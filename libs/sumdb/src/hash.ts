import { createHash, hash } from 'node:crypto';

/** Bytes of a hash: SHA-256. */
export const HASH_SIZE = 32;

const LEAF = Buffer.of(0);
const NODE = 1;
/** What a node's hash is made of. Written and hashed in one go, so it can be shared. */
const pair = Buffer.alloc(1 + 2 * HASH_SIZE, NODE);

/** The hash of the tree without records (RFC 6962, 2.1). */
export const EMPTY_TREE = createHash('sha256').digest();

/** The hash of a record (RFC 6962, 2.1). */
export function leafHash(record: Buffer): Buffer {
  return createHash('sha256').update(LEAF).update(record).digest();
}

/** The hash of an inner node (RFC 6962, 2.1). */
export function nodeHash(left: Buffer, right: Buffer): Buffer {
  left.copy(pair, 1);
  right.copy(pair, 1 + HASH_SIZE);
  return Buffer.from(hashPair(), 'latin1');
}

/** The hashes one level up: of each two neighbours, a last odd one left out. */
export function parentHashes(hashes: Buffer): Buffer {
  const parents = Buffer.allocUnsafe(Math.floor(hashes.length / (2 * HASH_SIZE)) * HASH_SIZE);
  for (let at = 0; at < parents.length; at += HASH_SIZE) {
    hashes.copy(pair, 1, 2 * at, 2 * at + 2 * HASH_SIZE);
    parents.write(hashPair(), at, 'latin1');
  }
  return parents;
}

/** As a string of bytes: to be given a Buffer takes four times as long. */
function hashPair(): string {
  return hash('sha256', pair, 'binary');
}
