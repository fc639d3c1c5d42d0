import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { ZipFault } from './zip-fault.js';

/** A finished file read at offsets, synchronously: for a worker thread only. Throws what the file system throws. */
export class ZipSource {
  private readonly fd: number;
  /** Bytes. */
  readonly size: number;

  constructor(path: string) {
    this.fd = openSync(path, 'r');
    this.size = fstatSync(this.fd).size;
  }

  /** Exactly these bytes of the file. Throws ZipFault when they are not all inside it. */
  read(offset: number, length: number): Buffer {
    if (offset + length > this.size) throw new ZipFault('the file is truncated');
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const count = readSync(this.fd, bytes, filled, length - filled, offset + filled);
      // A finished file does not shrink: this is a fault of ours, not of the zip.
      if (count === 0) throw new Error('the zip file became shorter while it was read');
      filled += count;
    }
    return bytes;
  }

  close(): void {
    closeSync(this.fd);
  }
}
