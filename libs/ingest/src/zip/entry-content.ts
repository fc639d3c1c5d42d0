import { createHash, hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import type { ZipEntry } from './central-directory.js';
import { entryFault, STORED, type LocatedEntry } from './entry-data.js';
import type { ZipSource } from './zip-source.js';

/** Largest content, and largest compressed data, that is held whole, in bytes. */
const HELD = 4 << 20;
/** Bytes of a piece of what is larger. */
const PIECE = 256 * 1024;
/** More than deflate can make of one byte. */
const EXPANSION = 1032;

/** Tells whether an entry is large: then it is never held whole. */
export function isLarge({ size, compressedSize }: ZipEntry): boolean {
  return size > HELD || compressedSize > HELD;
}

/**
 * Gives the content of an entry, its size and CRC-32 verified; a stored one is gone with the next read of the source.
 * Nothing is allocated beyond the declared size. Throws ZipFault.
 */
export function readContent(source: ZipSource, { entry, dataOffset }: LocatedEntry): Buffer {
  const data = source.read(dataOffset, entry.compressedSize);
  const content = entry.method === STORED ? data : inflate(entry, data);
  checkContent(entry, content.length, crc32(content));
  return content;
}

/** Gives the SHA-256 of a large entry's content, in hex, its size and CRC-32 verified, piece by piece. Throws ZipFault. */
export async function hashLargeContent(source: ZipSource, located: LocatedEntry): Promise<string> {
  const { entry } = located;
  const digest = createHash('sha256');
  let size = 0;
  let crc = 0;
  const take = async (chunks: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<void> => {
    for await (const piece of chunks) {
      size += piece.length;
      if (size > entry.size) throw otherSize(entry);
      crc = crc32(piece, crc);
      digest.update(piece);
    }
  };
  const data = pieces(source, located);
  try {
    if (entry.method === STORED) await take(data);
    else await pipeline(Readable.from(data, { objectMode: false }), createInflateRaw({ chunkSize: PIECE }), take);
  } catch (error) {
    throw isDamage(error) ? entryFault(entry, 'has damaged data') : error;
  }
  checkContent(entry, size, crc);
  return digest.digest('hex');
}

/** Gives the SHA-256 of the zip file itself, `sha256:...` in hex. */
export function hashFile(source: ZipSource): string {
  const digest = createHash('sha256');
  for (let at = 0; at < source.size; at += PIECE) digest.update(source.read(at, Math.min(PIECE, source.size - at)));
  return `sha256:${digest.digest('hex')}`;
}

/** Gives the SHA-256 of an entry's content that is held whole, in hex. */
export function hashContent(content: Buffer): string {
  return hash('sha256', content, 'hex');
}

function checkContent(entry: ZipEntry, size: number, crc: number): void {
  if (size !== entry.size) throw otherSize(entry);
  if (crc !== entry.crc) throw entryFault(entry, 'has another checksum than declared');
}

/** Copies, for a stream holds more than one at once. */
function* pieces(source: ZipSource, { entry, dataOffset }: LocatedEntry): Generator<Buffer> {
  const end = dataOffset + entry.compressedSize;
  for (let at = dataOffset; at < end; at += PIECE) yield source.copy(at, Math.min(PIECE, end - at));
}

function inflate(entry: ZipEntry, data: Buffer): Buffer {
  // What can't be true needs no memory.
  if (entry.size > data.length * EXPANSION) throw otherSize(entry);
  try {
    // The declared size is the limit; zlib takes no limit of 0, and the caller compares the size anyway. One byte more
    // for the chunk: a full one makes zlib ask for another.
    return inflateRawSync(data, { maxOutputLength: Math.max(1, entry.size), chunkSize: Math.max(64, entry.size + 1) });
  } catch (error) {
    const larger = error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    if (larger) throw otherSize(entry);
    throw isDamage(error) ? entryFault(entry, 'has damaged data') : error;
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');
}

function otherSize(entry: ZipEntry): Error {
  return entryFault(entry, 'has another size than declared');
}
