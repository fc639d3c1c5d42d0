import { crc32, inflateRawSync } from 'node:zlib';
import type { CentralDirectory, ZipEntry } from './central-directory.js';
import { quoted, ZipFault } from './zip-fault.js';
import type { ZipSource } from './zip-source.js';

const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_LENGTH = 30;
const DESCRIPTOR_SIGNATURE = 0x08074b50;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 0x0001 | 0x0040 | 0x2000;
const HAS_DESCRIPTOR = 0x0008;
const WIDE = 0xffffffff;

/**
 * Checks that each entry has data of its own, inside the file, in a form the go command reads, with a local header
 * that agrees with the directory. x/mod leaves this to extraction; overlapping entries and differing headers are
 * refused by Stoa alone (zip bombs, and files that show other tools something else). Throws ZipFault.
 */
export function checkEntryData(source: ZipSource, directory: CentralDirectory): void {
  let free = 0;
  for (const entry of directory.entries.toSorted((a, b) => a.offset - b.offset)) {
    if (entry.flags & ENCRYPTED) throw fault(entry, 'is encrypted');
    if (entry.method !== STORED && entry.method !== DEFLATED) {
      throw fault(entry, `has the unsupported compression method ${entry.method}`);
    }
    if (entry.offset < free) throw fault(entry, 'overlaps another entry');
    free = dataOffset(source, entry) + entry.compressedSize;
    if (free > directory.offset) throw fault(entry, 'has data outside the file');
  }
}

/**
 * The content of one entry, with its size and CRC-32 verified. Throws ZipFault, before anything is allocated, when the
 * entry is declared larger than `limit` bytes.
 */
export function readEntry(source: ZipSource, entry: ZipEntry, limit: number): Buffer {
  if (entry.size > limit || entry.compressedSize > limit)
    throw fault(entry, `is too large (max size is ${limit} bytes)`);
  const start = dataOffset(source, entry);
  const data = source.read(start, entry.compressedSize);
  const content = entry.method === STORED ? data : inflate(entry, data);
  if (content.length !== entry.size) throw fault(entry, 'has another size than declared');
  const crc = crc32(content);
  if (crc !== entry.crc) throw fault(entry, 'has another checksum than declared');
  if (entry.flags & HAS_DESCRIPTOR && crc !== descriptorCrc(source, start + entry.compressedSize)) {
    throw fault(entry, 'has another checksum than its data descriptor says');
  }
  return content;
}

/** Offset of an entry's data: only the local header tells, for its extra field may differ from the directory's. */
function dataOffset(source: ZipSource, entry: ZipEntry): number {
  const local = source.read(entry.offset, LOCAL_LENGTH + entry.name.length);
  if (local.readUInt32LE(0) !== LOCAL_SIGNATURE) throw fault(entry, 'has no local header');

  const flags = local.readUInt16LE(6);
  const sameName = local.readUInt16LE(26) === entry.name.length && local.subarray(LOCAL_LENGTH).equals(entry.name);
  const sameForm =
    local.readUInt16LE(8) === entry.method && ((flags ^ entry.flags) & (ENCRYPTED | HAS_DESCRIPTOR)) === 0;
  // With a data descriptor the writer did not know the sizes yet; full ones are in a zip64 field.
  const sameSizes =
    (flags & HAS_DESCRIPTOR) !== 0 ||
    (local.readUInt32LE(14) === entry.crc &&
      [entry.compressedSize, WIDE].includes(local.readUInt32LE(18)) &&
      [entry.size, WIDE].includes(local.readUInt32LE(22)));
  if (!sameName || !sameForm || !sameSizes) throw fault(entry, 'has a local header that disagrees with the directory');
  return entry.offset + local.length + local.readUInt16LE(28);
}

function inflate(entry: ZipEntry, data: Buffer): Buffer {
  try {
    // The declared size is the limit; zlib takes no limit of 0, and the caller compares the size anyway.
    return inflateRawSync(data, { maxOutputLength: Math.max(1, entry.size) });
  } catch (error) {
    const larger = error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    throw fault(entry, larger ? 'has another size than declared' : 'has damaged data');
  }
}

/** The signature is optional, as archive/zip reads it. */
function descriptorCrc(source: ZipSource, offset: number): number {
  const descriptor = source.read(offset, 8);
  return descriptor.readUInt32LE(descriptor.readUInt32LE(0) === DESCRIPTOR_SIGNATURE ? 4 : 0);
}

function fault(entry: ZipEntry, what: string): ZipFault {
  return new ZipFault(`${quoted(entry.name.toString())} ${what}`);
}
