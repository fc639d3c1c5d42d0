import type { CentralDirectory, ZipEntry } from './central-directory.js';
import { quoted, ZipFault } from './zip-fault.js';
import type { ZipSource } from './zip-source.js';

const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_LENGTH = 30;
const DESCRIPTOR_SIGNATURE = 0x08074b50;
/** Without the signature and with 32-bit sizes: the least there is. */
const DESCRIPTOR_LENGTH = 12;
const ENCRYPTED = 0x0001 | 0x0040 | 0x2000;
const HAS_DESCRIPTOR = 0x0008;
const WIDE = 0xffffffff;

/** The method of an entry whose data is its content. */
export const STORED = 0;
/** The method of an entry whose data is deflated. */
export const DEFLATED = 8;

/** An entry and where its data begins. */
export interface LocatedEntry {
  readonly entry: ZipEntry;
  readonly dataOffset: number;
}

/**
 * Gives the entries in the order of the file. Each has data of its own, inside the file, in a form the go command
 * reads, with a local header and a data descriptor that agree with the directory. x/mod leaves this to extraction;
 * overlapping entries and differing headers are refused by Stoa alone (zip bombs, and files that show other tools
 * something else). Each is looked at when it is asked for, so that one pass reads headers and data. Throws ZipFault.
 */
export function* locateEntries(source: ZipSource, directory: CentralDirectory): Generator<LocatedEntry> {
  let free = 0;
  for (const entry of directory.entries.toSorted((a, b) => a.offset - b.offset)) {
    if (entry.flags & ENCRYPTED) throw entryFault(entry, 'is encrypted');
    if (entry.method !== STORED && entry.method !== DEFLATED) {
      throw entryFault(entry, `has the unsupported compression method ${entry.method}`);
    }
    if (entry.offset < free) throw entryFault(entry, 'overlaps another entry');
    const dataOffset = findData(source, entry);
    free = dataOffset + entry.compressedSize + (entry.flags & HAS_DESCRIPTOR ? DESCRIPTOR_LENGTH : 0);
    if (free > directory.offset) throw entryFault(entry, 'has data outside the file');
    yield { entry, dataOffset };
    if (entry.flags & HAS_DESCRIPTOR && entry.crc !== descriptorCrc(source, dataOffset + entry.compressedSize)) {
      throw entryFault(entry, 'has another checksum than its data descriptor says');
    }
  }
}

/** The fault of an entry. */
export function entryFault(entry: ZipEntry, what: string): ZipFault {
  return new ZipFault(`${quoted(entry.name.toString())} ${what}`);
}

/** Offset of an entry's data: only the local header tells, for its extra field may differ from the directory's. */
function findData(source: ZipSource, entry: ZipEntry): number {
  const local = source.read(entry.offset, LOCAL_LENGTH + entry.name.length);
  if (local.readUInt32LE(0) !== LOCAL_SIGNATURE) throw entryFault(entry, 'has no local header');

  const flags = local.readUInt16LE(6);
  const sameName =
    local.readUInt16LE(26) === entry.name.length && entry.name.compare(local, LOCAL_LENGTH, local.length) === 0;
  const sameForm =
    local.readUInt16LE(8) === entry.method && ((flags ^ entry.flags) & (ENCRYPTED | HAS_DESCRIPTOR)) === 0;
  // With a data descriptor the writer did not know the sizes yet; full ones are in a zip64 field.
  const sameSizes =
    (flags & HAS_DESCRIPTOR) !== 0 ||
    (local.readUInt32LE(14) === entry.crc &&
      [entry.compressedSize, WIDE].includes(local.readUInt32LE(18)) &&
      [entry.size, WIDE].includes(local.readUInt32LE(22)));
  if (!sameName || !sameForm || !sameSizes)
    throw entryFault(entry, 'has a local header that disagrees with the directory');
  return entry.offset + local.length + local.readUInt16LE(28);
}

/** The signature is optional, as archive/zip reads it. */
function descriptorCrc(source: ZipSource, offset: number): number {
  const descriptor = source.read(offset, 8);
  return descriptor.readUInt32LE(descriptor.readUInt32LE(0) === DESCRIPTOR_SIGNATURE ? 4 : 0);
}
