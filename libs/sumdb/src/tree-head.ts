import { EMPTY_TREE, HASH_SIZE } from './hash.js';
import { lie, nonsense } from './lie.js';
import { openNote } from './note.js';
import type { VerifierKey } from './verifier-key.js';

/** A signed tree head: what the database says that its log holds. */
export interface TreeHead {
  /** Number of records. */
  readonly size: number;
  readonly hash: Buffer;
  /** The signed note that says so; empty for the beginning. */
  readonly note: Buffer;
}

/** Before anything is known: the tree without records, which needs no signature. */
export const BEGINNING: TreeHead = { size: 0, hash: EMPTY_TREE, note: Buffer.alloc(0) };

/**
 * Opens a signed note and reads the tree head in it (x/mod tlog.ParseTree): `go.sum database tree`, the number of
 * records, the hash, a line each; more lines are for later. Throws RefusalError: `forbidden` for a false signature.
 */
export function openTreeHead(note: Buffer, key: VerifierKey): TreeHead {
  const [title, number = '', encoded = '', end] = openNote(note, key).toString('utf8').split('\n', 4);
  const size = Number(number);
  const hash = Buffer.from(encoded, 'base64');
  const wholesome = /^(?:0|[1-9]\d*)$/.test(number) && Number.isSafeInteger(size) && end !== undefined;
  if (title !== 'go.sum database tree' || !wholesome || hash.length !== HASH_SIZE || !isBase64Of(encoded, hash))
    throw nonsense('malformed tree note');
  return { size, hash, note };
}

/** What to throw when two signed heads can't be of one log. */
export function fork(older: TreeHead, newer: TreeHead): Error {
  return lie(`go.sum database server misbehavior detected: ${say(older)} is no part of ${say(newer)}`);
}

function say({ size, hash }: TreeHead): string {
  return `its tree of ${size} records with hash ${hash.toString('base64')}`;
}

function isBase64Of(text: string, bytes: Buffer): boolean {
  return bytes.toString('base64') === text;
}
