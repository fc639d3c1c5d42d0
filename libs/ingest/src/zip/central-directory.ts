import { findDirectoryEnd } from './directory-end.js';
import { MAX_CENTRAL_DIRECTORY, MAX_PATHS } from './limits.js';
import { ZipFault } from './zip-fault.js';
import type { ZipSource } from './zip-source.js';

const HEADER_SIGNATURE = 0x02014b50;
const HEADER_LENGTH = 46;
const ZIP64_FIELD = 0x0001;
const WIDE = 0xffffffff;

/** A file or folder as the central directory describes it; offsets and sizes in bytes. */
export interface ZipEntry {
  /** Raw: bytes of no known encoding. */
  readonly name: Buffer;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  /** Of its local header. */
  readonly offset: number;
}

/** All entries, and where the data must end: the offset of the directory itself. */
export interface CentralDirectory {
  readonly entries: readonly ZipEntry[];
  readonly offset: number;
}

/**
 * Reads a zip's central directory in one read and a walk. Our own reader, not yauzl: that one follows the count of the
 * end record, where Go's archive/zip reads on past it and so sees entries that yauzl does not; and it costs two reads
 * and an event for each entry. Stricter than archive/zip: the headers must fill the directory to the byte.
 * Throws ZipFault.
 */
export function readCentralDirectory(source: ZipSource): CentralDirectory {
  const end = findDirectoryEnd(source);
  if (end.size > MAX_CENTRAL_DIRECTORY) {
    throw new ZipFault(`the central directory is too large (max size is ${MAX_CENTRAL_DIRECTORY} bytes)`);
  }

  // Its own copy, for the names stay.
  const bytes = source.copy(end.offset, end.size);
  const entries: ZipEntry[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + HEADER_LENGTH > bytes.length || bytes.readUInt32LE(at) !== HEADER_SIGNATURE) throw malformed();
    const nameEnd = at + HEADER_LENGTH + bytes.readUInt16LE(at + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
    const next = extraEnd + bytes.readUInt16LE(at + 32);
    if (next > bytes.length) throw malformed();

    entries.push({
      name: bytes.subarray(at + HEADER_LENGTH, nameEnd),
      flags: bytes.readUInt16LE(at + 8),
      method: bytes.readUInt16LE(at + 10),
      crc: bytes.readUInt32LE(at + 16),
      ...wideValues(bytes.subarray(at, at + HEADER_LENGTH), bytes.subarray(nameEnd, extraEnd)),
    });
    if (entries.length > MAX_PATHS) throw new ZipFault(`too many entries (max is ${MAX_PATHS})`);
    at = next;
  }

  if ((entries.length & 0xffff) !== end.count) throw new ZipFault('the end record counts other entries than there are');
  return { entries, offset: end.offset };
}

/** Sizes and offset, from the zip64 field where the 32-bit ones are full. */
function wideValues(header: Buffer, extra: Buffer): Pick<ZipEntry, 'size' | 'compressedSize' | 'offset'> {
  const values = {
    size: header.readUInt32LE(24),
    compressedSize: header.readUInt32LE(20),
    offset: header.readUInt32LE(42),
  };
  const wanted = (['size', 'compressedSize', 'offset'] as const).filter((key) => values[key] === WIDE);
  if (wanted.length === 0) return values;

  for (let at = 0; at + 4 <= extra.length;) {
    const start = at + 4;
    const end = start + extra.readUInt16LE(at + 2);
    if (end > extra.length) break;
    if (extra.readUInt16LE(at) === ZIP64_FIELD) {
      for (let from = start; wanted.length > 0; from += 8) {
        if (from + 8 > end) throw malformed();
        values[wanted.shift()!] = Number(extra.readBigUInt64LE(from));
      }
    }
    at = end;
  }
  // A full 32-bit size without a zip64 field is over every limit anyway.
  if (wanted.some((key) => key !== 'size')) throw malformed();
  return values;
}

function malformed(): ZipFault {
  return new ZipFault('malformed central directory');
}
