import { close, read } from 'node:fs';
import { PumpedBody } from '../pumped-body.js';

/** Bytes read at once when the stream is iterated: a third faster than Node's default of 64 KiB. */
const CHUNK = 256 * 1024;
/** Streams that are piped at once, beyond which each has a smaller buffer: half as quick, but there may be thousands. */
const MANY = 64;
const SMALL_CHUNK = 64 * 1024;

/** Buffers for the next streams. */
const kept: Buffer[] = [];
let piped = 0;

/**
 * A part of an open file as a stream, which closes the file at its end. Piped, it has one buffer, which it fills again
 * once the destination has written it out: what hundreds of clients download makes no garbage, and each holds no more
 * than its buffer. Node's own file stream makes a new buffer for each chunk and leaves it to the collector.
 */
export class FileBody extends PumpedBody {
  private reading = false;
  private closing: (() => void) | null = null;

  /** `end` is the last byte that is read. */
  constructor(
    private readonly file: number,
    private position: number,
    private readonly end: number,
  ) {
    super({ highWaterMark: CHUNK });
  }

  override _read(): void {
    if (this.left === 0) {
      this.push(null);
      return;
    }
    const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK, this.left));
    this.fill(chunk).then(
      (bytes) => this.push(chunk.subarray(0, bytes)),
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.closing = () => close(this.file, (failed) => done(error ?? failed));
    if (!this.reading) this.closing();
  }

  private get left(): number {
    return this.end + 1 - this.position;
  }

  protected override async pump(write: (piece: Buffer) => Promise<boolean>): Promise<void> {
    const buffer = ++piped > MANY ? Buffer.allocUnsafeSlow(SMALL_CHUNK) : (kept.pop() ?? Buffer.allocUnsafeSlow(CHUNK));
    try {
      while (this.left > 0) {
        const bytes = await this.fill(buffer);
        // A write that failed may still have the buffer: it is dropped.
        if (!(await write(buffer.subarray(0, bytes)))) return;
      }
    } finally {
      piped--;
    }
    if (buffer.length === CHUNK && kept.length < MANY) kept.push(buffer);
  }

  /** Reads on into a buffer, as much as there is of it. */
  private async fill(buffer: Buffer): Promise<number> {
    const bytes = await this.readInto(buffer.subarray(0, Math.min(buffer.length, this.left)), this.position);
    this.position += bytes;
    return bytes;
  }

  /** Reads from a position on, at least one byte and no more than the buffer takes. Never called once destroyed. */
  protected readInto(buffer: Buffer, position: number): Promise<number> {
    this.reading = true;
    return new Promise((resolve, reject) => {
      read(this.file, buffer, 0, buffer.length, position, (error, bytes) => {
        this.reading = false;
        if (this.closing) this.closing();
        if (error) reject(error);
        else if (bytes === 0) reject(new Error('file ended while it was read'));
        else resolve(bytes);
      });
    });
  }
}
