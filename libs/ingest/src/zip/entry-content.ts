import { createHash, hash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ZipEntry } from './central-directory.js';
import { entryFault, STORED, type LocatedEntry } from './entry-data.js';
import { DamagedDataError, Inflater } from './inflater.js';
import { PIECE, type ZipSource } from './zip-source.js';

/** One for all zips: they are read one after the other, synchronously. */
const inflater = new Inflater();

/** Gives the whole content of an entry, its size and CRC-32 verified. Throws ZipFault. */
export function readContent(source: ZipSource, located: LocatedEntry): Buffer {
  const pieces: Buffer[] = [];
  for (const piece of contentPieces(source, located)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/**
 * Gives the SHA-256 of an entry's content, in hex, its size and CRC-32 verified. However large it is, or says that it is,
 * it takes the same memory. Throws ZipFault.
 */
export function hashContent(source: ZipSource, located: LocatedEntry): string {
  let digest: Hash | null = null;
  let whole: string | null = null;
  for (const piece of contentPieces(source, located)) {
    // Most contents are one piece, and to make a Hash takes longer than to hash it.
    if (piece.length === located.entry.size) whole = hash('sha256', piece);
    else (digest ??= createHash('sha256')).update(piece);
  }
  return whole ?? (digest ?? createHash('sha256')).digest('hex');
}

/** Gives the SHA-256 of the zip file itself, `sha256:...` in hex. */
export function hashFile(source: ZipSource): string {
  const digest = createHash('sha256');
  for (const piece of sourcePieces(source, 0, source.size)) digest.update(piece);
  return `sha256:${digest.digest('hex')}`;
}

/** Each piece is gone with the next one. */
function* contentPieces(source: ZipSource, { entry, dataOffset }: LocatedEntry): Generator<Buffer> {
  const { compressedSize } = entry;
  let size = 0;
  let crc = 0;
  try {
    const pieces =
      entry.method === STORED
        ? sourcePieces(source, dataOffset, compressedSize)
        : inflater.inflate(source, dataOffset, compressedSize);
    for (const piece of pieces) {
      size += piece.length;
      if (size > entry.size) throw otherSize(entry);
      crc = crc32(piece, crc);
      yield piece;
    }
  } catch (error) {
    throw error instanceof DamagedDataError ? entryFault(entry, 'has damaged data') : error;
  }
  if (size !== entry.size) throw otherSize(entry);
  if (crc !== entry.crc) throw entryFault(entry, 'has another checksum than declared');
}

function* sourcePieces(source: ZipSource, start: number, length: number): Generator<Buffer> {
  const end = start + length;
  for (let at = start; at < end; at += PIECE) yield source.read(at, Math.min(PIECE, end - at));
}

function otherSize(entry: ZipEntry): Error {
  return entryFault(entry, 'has another size than declared');
}
