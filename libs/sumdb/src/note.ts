import { isUtf8 } from 'node:buffer';
import { lie, nonsense } from './lie.js';
import type { VerifierKey } from './verifier-key.js';

const SIGNATURE = /^— ([^\s+]+) ((?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?)$/u;
/** As in x/mod: more is an attempt to keep us busy. */
const MAX_SIGNATURES = 100;

/** Tells whether bytes are a text as notes and records have it: UTF-8 without control characters but `\n`. */
export function isPlainText(bytes: Buffer): boolean {
  return isUtf8(bytes) && !bytes.some((byte) => byte < 0x20 && byte !== 0x0a);
}

/**
 * Gives the text of a signed note (golang.org/x/mod/sumdb/note, Open): the text, a blank line, a line for each
 * signature. Those of other keys are ignored. Throws RefusalError: `forbidden` when this key did not sign it.
 */
export function openNote(note: Buffer, key: VerifierKey): Buffer {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !isPlainText(note)) throw nonsense('malformed note');
  const text = note.subarray(0, split + 1);
  const lines = note.toString('utf8', split + 2).split('\n');
  if (lines.pop() !== '' || lines.length === 0 || lines.length > MAX_SIGNATURES) throw nonsense('malformed note');

  const signatures = lines.map((line) => parseSignature(line));
  const ours = signatures.find(({ name, hash }) => name === key.name && hash === key.hash);
  if (!ours) throw lie('the note of the tree has no verifiable signatures');
  if (!key.verify(text, ours.signature)) throw lie(`invalid signature for key ${key.name}+${key.hash}`);
  return text;
}

function parseSignature(line: string): { name: string; hash: string; signature: Buffer } {
  const [, name = '', encoded = ''] = SIGNATURE.exec(line) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  if (name === '' || bytes.length < 5) throw nonsense('malformed note');
  return { name, hash: bytes.toString('hex', 0, 4), signature: bytes.subarray(4) };
}
