import { readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { ObjectStat } from '../object-store.js';

/** What a cached file says of itself, behind the bytes of its object. */
export interface Label {
  readonly key: string;
  readonly stat: ObjectStat;
  /** CRC-32 of the object. It is to find damage, not malice: whoever may write here may write a label too. */
  readonly checksum: number;
}

/** The end of a label: length and CRC-32 of the JSON before it, then these four letters. */
const MAGIC = Buffer.from('stc1');
const TAIL = 8 + MAGIC.length;

/** Gives the bytes of a label: JSON and a tail of 12 bytes. */
export function formatLabel({ key, stat, checksum }: Label): Buffer {
  const { size, etag, modified } = stat;
  const text = Buffer.from(JSON.stringify({ key, size, etag, modified: modified.getTime(), checksum }));
  const tail = Buffer.alloc(8);
  tail.writeUInt32BE(text.length, 0);
  tail.writeUInt32BE(crc32(text), 4);
  return Buffer.concat([text, tail, MAGIC]);
}

/** Reads the label at the end of an open file of so many bytes; null when there is none that fits. */
export function readLabel(file: number, fileSize: number): Label | null {
  const tail = readExactly(file, fileSize - TAIL, TAIL);
  if (!tail?.subarray(8).equals(MAGIC)) return null;
  const length = tail.readUInt32BE(0);
  const text = readExactly(file, fileSize - TAIL - length, length);
  if (!text || crc32(text) !== tail.readUInt32BE(4)) return null;
  const { key, size, etag, modified, checksum } = JSON.parse(text.toString()) as Written;
  if (size !== fileSize - TAIL - length) return null;
  return { key, stat: { size, etag, modified: new Date(modified) }, checksum };
}

interface Written {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
  readonly checksum: number;
}

function readExactly(file: number, position: number, length: number): Buffer | null {
  if (position < 0) return null;
  const bytes = Buffer.alloc(length);
  return readSync(file, bytes, 0, length, position) === length ? bytes : null;
}
