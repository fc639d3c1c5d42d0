import { randomUUID } from 'node:crypto';
import { closeSync, openSync, writev, writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Body } from './exchange.js';

/**
 * Bytes of a file that are written while the event loop waits: into the page cache that takes some ten microseconds a
 * chunk, which is less than a thread of the pool costs. Most zips are smaller.
 */
const AT_ONCE = 1 << 20;

/** Bytes that may wait for the disk before the connection has to. What arrives meanwhile is written in one call. */
const HELD = 1 << 20;

/** First bytes that are kept. */
const START = 4;

const gather = promisify(writev);

/** A new file of a scratch folder that an answer is written to. Errors are those of the file system. */
export class ScratchFile implements Body {
  /** Bytes taken so far. */
  size = 0;
  readonly path: string;
  private readonly file: number;
  private start = Buffer.alloc(0);
  private written = 0;
  private held: Buffer[] = [];
  private writing: Promise<void> | null = null;
  private broken: { readonly error: unknown } | null = null;
  private closed = false;

  constructor(scratch: string) {
    this.path = join(scratch, `${randomUUID()}.zip`);
    this.file = openSync(this.path, 'wx');
  }

  write(chunk: Buffer): Promise<void> | undefined {
    if (this.broken !== null) throw this.broken.error;
    if (this.start.length < START) this.start = Buffer.concat([this.start, chunk.subarray(0, START)]);
    this.size += chunk.length;
    if (this.size <= AT_ONCE) {
      while (this.written < this.size) {
        this.written += writeSync(this.file, chunk, chunk.length - (this.size - this.written));
      }
      return undefined;
    }
    this.held.push(chunk);
    this.writing ??= this.writeHeld();
    return this.size - this.written > HELD ? this.writing : undefined;
  }

  /** Waits until all is written, and closes the file. */
  async finish(): Promise<{ readonly path: string; readonly size: number; readonly start: Buffer }> {
    await this.writing;
    if (this.broken !== null) throw this.broken.error;
    this.close();
    return { path: this.path, size: this.size, start: this.start };
  }

  /** Closes and removes the file, whatever became of it. */
  async discard(): Promise<void> {
    await this.writing;
    this.close();
    await rm(this.path, { force: true });
  }

  private close(): void {
    if (this.closed) return;
    this.closed = true;
    closeSync(this.file);
  }

  /** Writes until nothing is left. Never rejects: the next who writes, or the finish, hears of the error. */
  private async writeHeld(): Promise<void> {
    try {
      while (this.held.length > 0) {
        const batch = this.held;
        this.held = [];
        const { bytesWritten } = await gather(this.file, batch, this.written);
        this.written += bytesWritten;
        const bytes = batch.reduce((sum, { length }) => sum + length, 0);
        // A full disk takes a part first, and says why at the next write.
        if (bytesWritten < bytes) this.held.unshift(Buffer.concat(batch).subarray(bytesWritten));
      }
    } catch (error) {
      this.broken = { error };
    } finally {
      this.writing = null;
    }
  }
}
