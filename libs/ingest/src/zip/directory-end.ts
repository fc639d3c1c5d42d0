import { ZipFault } from './zip-fault.js';
import type { ZipSource } from './zip-source.js';

const END_SIGNATURE = Buffer.from('PK\x05\x06', 'latin1');
const END_LENGTH = 22;
const END64_SIGNATURE = 0x06064b50;
const END64_LENGTH = 56;
const LOCATOR_SIGNATURE = 0x07064b50;
const LOCATOR_LENGTH = 20;
/** How far from its end archive/zip looks for the end record: more than the longest comment. */
const SEARCHED = 65 * 1024;

/** Where the central directory is. */
export interface DirectoryEnd {
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** Entries, modulo 65536: all that archive/zip believes of the count. */
  readonly count: number;
}

/**
 * Finds the central directory the way Go's archive/zip does, so that no file shows us another directory than it shows
 * to the go command. Stricter in one point: nothing may lie before the zip that its offsets do not count, and nothing
 * between the directory and its end record, for that is where readers of zips begin to disagree. Throws ZipFault.
 */
export function findDirectoryEnd(source: ZipSource): DirectoryEnd {
  const tailStart = Math.max(0, source.size - SEARCHED);
  const tail = source.read(tailStart, source.size - tailStart);
  const at = tail.length < END_LENGTH ? -1 : tail.lastIndexOf(END_SIGNATURE, tail.length - END_LENGTH);
  if (at < 0 || at + END_LENGTH + tail.readUInt16LE(at + 20) > tail.length) {
    throw new ZipFault('not a zip file, or a truncated one: it has no end record');
  }

  const end = {
    offset: tail.readUInt32LE(at + 16),
    size: tail.readUInt32LE(at + 12),
    count: tail.readUInt16LE(at + 10),
  };
  // 0xffff for the size is a slip of archive/zip (0xffffffff is meant) that has to be shared to see what it sees.
  const wide = end.count === 0xffff || end.size === 0xffff || end.offset === 0xffffffff;
  const endOffset = wide ? findEnd64(source, tailStart + at) : null;
  if (endOffset === null) return checked(end, tailStart + at);

  const end64 = source.read(endOffset, END64_LENGTH);
  if (end64.readUInt32LE(0) !== END64_SIGNATURE) throw new ZipFault('malformed zip64 end record');
  return checked(
    {
      offset: Number(end64.readBigUInt64LE(48)),
      size: Number(end64.readBigUInt64LE(40)),
      count: Number(end64.readBigUInt64LE(32) & 0xffffn),
    },
    endOffset,
  );
}

/** Offset of the zip64 end record; null where there is none, and then the 32-bit values are meant as they are. */
function findEnd64(source: ZipSource, endOffset: number): number | null {
  if (endOffset < LOCATOR_LENGTH) return null;
  const locator = source.read(endOffset - LOCATOR_LENGTH, LOCATOR_LENGTH);
  const oneDisk = locator.readUInt32LE(4) === 0 && locator.readUInt32LE(16) === 1;
  if (locator.readUInt32LE(0) !== LOCATOR_SIGNATURE || !oneDisk) return null;
  return Number(locator.readBigUInt64LE(8));
}

function checked(end: DirectoryEnd, endOffset: number): DirectoryEnd {
  if (end.offset + end.size !== endOffset) {
    throw new ZipFault('the central directory is not where the end record says');
  }
  return end;
}
