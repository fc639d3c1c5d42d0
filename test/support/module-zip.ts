import { crc32, deflateRawSync } from 'node:zlib';
import type { ModuleVersion } from '#libs/protocol';

/** Contents of files by their name. */
export type Files = Readonly<Record<string, string | Buffer>>;

/** An entry of a zip. What is left out is made right; what is given is written as it is, so that it can be wrong. */
export interface ZipEntry {
  /** As it stands in the zip; a directory ends with `/`. */
  readonly name: string;
  readonly data: string | Buffer;
  readonly deflate?: boolean;
  readonly crc32?: number;
  /** Declared sizes in bytes. */
  readonly compressedSize?: number;
  readonly uncompressedSize?: number;
  /** Unix mode in the upper half: `0o120777 << 16` is a symbolic link. */
  readonly externalAttributes?: number;
}

/** Makes the legal zip of a module version: each file, `go.mod` say, below `<module>@<version>/`. */
export function moduleZip({ module, version }: ModuleVersion, files: Files): Buffer {
  return writeZip(Object.entries(files).map(([name, data]) => ({ name: `${module}@${version}/${name}`, data })));
}

/** Writes a zip (PKWARE APPNOTE 4.3) of entries in their order, legal or not. No zip64: under 4 GiB and 65,536 entries. */
export function writeZip(entries: readonly ZipEntry[]): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const data = Buffer.from(entry.data);
    const body = entry.deflate === true ? deflateRawSync(data) : data;
    const fields = commonFields(entry, data, body, name);

    const header = Buffer.concat([Buffer.from('PK\x03\x04'), fields, name]);
    central.push(centralHeader(fields, entry.externalAttributes ?? 0, offset), name);
    local.push(header, body);
    offset += header.length + body.length;
  }
  const directory = Buffer.concat(central);
  return Buffer.concat([...local, directory, endOfDirectory(entries.length, directory.length, offset)]);
}

/** What the local and the central header have in common: from the version needed to the length of the extra field. */
function commonFields(entry: ZipEntry, data: Buffer, body: Buffer, name: Buffer): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(0x0800, 2); // names are UTF-8
  fields.writeUInt16LE(entry.deflate === true ? 8 : 0, 4);
  fields.writeUInt16LE(0x0021, 8); // 1980-01-01, the first day that can be written
  fields.writeUInt32LE(entry.crc32 ?? crc32(data), 10);
  fields.writeUInt32LE(entry.compressedSize ?? body.length, 14);
  fields.writeUInt32LE(entry.uncompressedSize ?? data.length, 18);
  fields.writeUInt16LE(name.length, 22);
  return fields;
}

function centralHeader(fields: Buffer, externalAttributes: number, offset: number): Buffer {
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(externalAttributes >>> 0, 6);
  rest.writeUInt32LE(offset, 10);
  const madeBy = Buffer.from([20, externalAttributes === 0 ? 0 : 3]);
  return Buffer.concat([Buffer.from('PK\x01\x02'), madeBy, fields, rest]);
}

function endOfDirectory(count: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(18);
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(size, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([Buffer.from('PK\x05\x06'), end]);
}
