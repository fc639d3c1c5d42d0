import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { ZipFault } from './zip-fault.js';

/** Most bytes of one read: many small entries lie in it, which follow each other. */
export const PIECE = 256 * 1024;

/**
 * A finished file, or its bytes, read at offsets, synchronously: for a worker thread only. Throws what the file system
 * throws.
 */
export class ZipSource {
  /** Null: all bytes are in the window. */
  private readonly fd: number | null;
  /** Bytes. */
  readonly size: number;
  /** The part of the file that was read last, in the one buffer that all reads share. */
  private window = { start: 0, length: 0 };
  private readonly buffer: Buffer;

  constructor(zip: string | Uint8Array) {
    if (typeof zip !== 'string') {
      this.fd = null;
      this.size = zip.length;
      this.buffer = Buffer.from(zip.buffer, zip.byteOffset, zip.length);
      this.window = { start: 0, length: zip.length };
      return;
    }
    this.fd = openSync(zip, 'r');
    this.size = fstatSync(this.fd).size;
    this.buffer = Buffer.allocUnsafeSlow(Math.min(PIECE, this.size));
  }

  /**
   * Exactly these bytes of the file, a piece at most: not to be changed, and gone with the next read. Throws ZipFault when
   * they are not all inside it.
   */
  read(offset: number, length: number): Buffer {
    this.checkInside(offset, length);
    const { start } = this.window;
    if (offset < start || offset + length > start + this.window.length) this.move(offset);
    const from = offset - this.window.start;
    return this.buffer.subarray(from, from + length);
  }

  /** The same in a buffer of the caller's own. */
  copy(offset: number, length: number): Buffer {
    this.checkInside(offset, length);
    const bytes = Buffer.allocUnsafeSlow(length);
    this.load(bytes, offset);
    return bytes;
  }

  close(): void {
    if (this.fd !== null) closeSync(this.fd);
  }

  private checkInside(offset: number, length: number): void {
    if (offset + length > this.size) throw new ZipFault('the file is truncated');
  }

  private move(offset: number): void {
    const count = Math.min(this.buffer.length, this.size - offset);
    this.window = { start: 0, length: 0 };
    this.load(this.buffer.subarray(0, count), offset);
    this.window = { start: offset, length: count };
  }

  private load(bytes: Buffer, offset: number): void {
    if (this.fd === null) {
      this.buffer.copy(bytes, 0, offset);
      return;
    }
    for (let filled = 0; filled < bytes.length;) {
      const count = readSync(this.fd, bytes, filled, bytes.length - filled, offset + filled);
      // A finished file does not shrink: this is a fault of ours, not of the zip.
      if (count === 0) throw new Error('the zip file became shorter while it was read');
      filled += count;
    }
  }
}
