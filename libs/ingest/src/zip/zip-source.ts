import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { ZipFault } from './zip-fault.js';

/** Least bytes of one read: the headers of small files lie close together. */
const WINDOW = 4096;

/** A finished file read at offsets, synchronously: for a worker thread only. Throws what the file system throws. */
export class ZipSource {
  private readonly fd: number;
  /** Bytes. */
  readonly size: number;
  private window: { readonly start: number; readonly bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) };

  constructor(path: string) {
    this.fd = openSync(path, 'r');
    this.size = fstatSync(this.fd).size;
  }

  /** Exactly these bytes of the file, not to be changed. Throws ZipFault when they are not all inside it. */
  read(offset: number, length: number): Buffer {
    if (offset + length > this.size) throw new ZipFault('the file is truncated');
    const { start, bytes } = this.window;
    if (offset < start || offset + length > start + bytes.length) {
      this.window = { start: offset, bytes: this.load(offset, Math.min(Math.max(length, WINDOW), this.size - offset)) };
    }
    const from = offset - this.window.start;
    return this.window.bytes.subarray(from, from + length);
  }

  close(): void {
    closeSync(this.fd);
  }

  private load(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < length) {
      const count = readSync(this.fd, bytes, filled, length - filled, offset + filled);
      // A finished file does not shrink: this is a fault of ours, not of the zip.
      if (count === 0) throw new Error('the zip file became shorter while it was read');
      filled += count;
    }
    return bytes;
  }
}
