import { crc32, deflateRawSync } from 'node:zlib';

const WIDE = 0xffffffff;

/** The fields of a header, each of which may lie. */
export interface Header {
  name: string | Buffer;
  signature: number;
  flags: number;
  method: number;
  crc: number;
  compressedSize: number;
  size: number;
  offset: number;
  extra: Buffer;
}

/** One entry. Without lies it is what archive/zip would write: deflated, with its sizes in both headers. */
export interface CraftedEntry {
  readonly name: string | Buffer;
  readonly content?: string | Buffer;
  /** The bytes in the file in place of the compressed content. */
  readonly data?: Buffer;
  readonly method?: number;
  /** What follows the data: a data descriptor, whose flag both headers then have. */
  readonly descriptor?: 'signed' | 'unsigned' | 'wrong';
  /** Puts sizes and offset of the directory into a zip64 field, whether they need one or not. */
  readonly zip64?: boolean;
  /** Lies of both headers, of the directory's, of the local one. */
  readonly both?: Partial<Header>;
  readonly central?: Partial<Header>;
  readonly local?: Partial<Header>;
  /** What the file holds between the entry before and this one. */
  readonly before?: Buffer;
}

/** Lies and additions of the end of the file. */
export interface CraftedEnd {
  readonly count?: number;
  readonly directorySize?: number;
  readonly directoryOffset?: number;
  readonly comment?: Buffer;
  /** Bytes inside the directory, after its last header; and after the directory. */
  readonly afterHeaders?: Buffer;
  readonly afterDirectory?: Buffer;
  /** Writes a zip64 end record; `broken` ones have a wrong signature. */
  readonly zip64?: 'yes' | 'broken';
}

/** Writes a zip that is exactly as honest as asked. */
export function craftZip(entries: readonly CraftedEntry[], end: CraftedEnd = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  const add = (part: Buffer) => {
    parts.push(part);
    offset += part.length;
  };

  for (const entry of entries) {
    add(entry.before ?? Buffer.alloc(0));
    const { header, data } = honest(entry, offset);
    directory.push(centralHeader({ ...header, ...entry.central }, entry.zip64 ?? false));
    // With a descriptor the sizes come after the data only.
    const unknown = entry.descriptor ? { crc: 0, compressedSize: 0, size: 0 } : {};
    add(localHeader({ ...header, ...unknown, ...entry.local }));
    add(data);
    if (entry.descriptor) add(descriptor(header, entry.descriptor));
  }

  directory.push(end.afterHeaders ?? Buffer.alloc(0));
  const bytes = Buffer.concat(directory);
  return Buffer.concat([
    ...parts,
    bytes,
    end.afterDirectory ?? Buffer.alloc(0),
    endRecords(entries.length, bytes.length, offset, end),
  ]);
}

function honest(entry: CraftedEntry, offset: number): { header: Header; data: Buffer } {
  const content = Buffer.from(entry.content ?? '');
  const method = entry.method ?? (content.length > 0 ? 8 : 0);
  const data = entry.data ?? (method === 8 ? deflateRawSync(content) : content);
  const header = {
    name: entry.name,
    signature: 0,
    flags: 0x800 | (entry.descriptor ? 8 : 0),
    method,
    crc: crc32(content),
    compressedSize: data.length,
    size: content.length,
    offset,
    extra: Buffer.alloc(0),
    ...entry.both,
  };
  return { header, data };
}

function localHeader(header: Header): Buffer {
  const name = Buffer.from(header.name);
  const fixed = Buffer.alloc(30);
  fixed.writeUInt32LE(header.signature || 0x04034b50, 0);
  fixed.writeUInt16LE(20, 4);
  fixed.writeUInt16LE(header.flags, 6);
  fixed.writeUInt16LE(header.method, 8);
  fixed.writeUInt32LE(header.crc, 14);
  fixed.writeUInt32LE(Math.min(WIDE, header.compressedSize), 18);
  fixed.writeUInt32LE(Math.min(WIDE, header.size), 22);
  fixed.writeUInt16LE(name.length, 26);
  fixed.writeUInt16LE(header.extra.length, 28);
  return Buffer.concat([fixed, name, header.extra]);
}

function centralHeader(header: Header, zip64: boolean): Buffer {
  const name = Buffer.from(header.name);
  const wide = (value: number) => (zip64 ? WIDE : value);
  const extra = zip64 ? Buffer.concat([header.extra, zip64Field(header)]) : header.extra;
  const fixed = Buffer.alloc(46);
  fixed.writeUInt32LE(header.signature || 0x02014b50, 0);
  fixed.writeUInt16LE(zip64 ? 45 : 20, 6);
  fixed.writeUInt16LE(header.flags, 8);
  fixed.writeUInt16LE(header.method, 10);
  fixed.writeUInt32LE(header.crc, 16);
  fixed.writeUInt32LE(wide(header.compressedSize), 20);
  fixed.writeUInt32LE(wide(header.size), 24);
  fixed.writeUInt16LE(name.length, 28);
  fixed.writeUInt16LE(extra.length, 30);
  fixed.writeUInt32LE(wide(header.offset), 42);
  return Buffer.concat([fixed, name, extra]);
}

function zip64Field(header: Header): Buffer {
  const field = Buffer.alloc(28);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(24, 2);
  field.writeBigUInt64LE(BigInt(header.size), 4);
  field.writeBigUInt64LE(BigInt(header.compressedSize), 12);
  field.writeBigUInt64LE(BigInt(header.offset), 20);
  return field;
}

function descriptor(header: Header, kind: 'signed' | 'unsigned' | 'wrong'): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(0x08074b50, 0);
  bytes.writeUInt32LE(kind === 'wrong' ? (header.crc ^ 1) >>> 0 : header.crc, 4);
  bytes.writeUInt32LE(header.compressedSize, 8);
  bytes.writeUInt32LE(header.size, 12);
  return kind === 'unsigned' ? bytes.subarray(4) : bytes;
}

function endRecords(entries: number, size: number, offset: number, end: CraftedEnd): Buffer {
  const count = end.count ?? entries;
  const directorySize = end.directorySize ?? size;
  const directoryOffset = end.directoryOffset ?? offset;
  const comment = end.comment ?? Buffer.alloc(0);
  const record = Buffer.alloc(22);
  record.writeUInt32LE(0x06054b50, 0);
  record.writeUInt16LE(end.zip64 ? 0xffff : count & 0xffff, 8);
  record.writeUInt16LE(end.zip64 ? 0xffff : count & 0xffff, 10);
  record.writeUInt32LE(end.zip64 ? WIDE : directorySize, 12);
  record.writeUInt32LE(end.zip64 ? WIDE : directoryOffset, 16);
  record.writeUInt16LE(comment.length, 20);
  if (!end.zip64) return Buffer.concat([record, comment]);

  const record64 = Buffer.alloc(56);
  record64.writeUInt32LE(end.zip64 === 'broken' ? 0 : 0x06064b50, 0);
  record64.writeBigUInt64LE(44n, 4);
  record64.writeBigUInt64LE(BigInt(count), 24);
  record64.writeBigUInt64LE(BigInt(count), 32);
  record64.writeBigUInt64LE(BigInt(directorySize), 40);
  record64.writeBigUInt64LE(BigInt(directoryOffset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + size + (end.afterDirectory?.length ?? 0)), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record64, locator, record, comment]);
}
