import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { addAbortSignal, Readable } from 'node:stream';
import type { ObjectSource, PutOptions } from './object-store.js';

/** A source failed, or had another length than was said: the fault is not the storage's. */
export class SourceError extends Error {
  override readonly name = 'SourceError';

  /** What to throw on: the source's own error where it has one. */
  get origin(): unknown {
    return this.cause ?? this;
  }
}

/**
 * Runs a put with a reader of its source, which is let go of at its end. What failed is thrown in this order: the
 * signal's reason, the source's own error, else the storage's, translated.
 */
export async function reading<T>(
  source: ObjectSource,
  options: PutOptions,
  translate: (error: unknown) => unknown,
  put: (reader: SourceReader) => Promise<T>,
): Promise<T> {
  const reader = new SourceReader(source, options);
  try {
    return await put(reader);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error instanceof SourceError ? error.origin : translate(error);
  } finally {
    reader.close();
  }
}

/**
 * Reads a source as exactly `size` bytes. The last chunk is held back until the source has ended, so that a receiver
 * who stops at `size` never takes a source that goes on for a whole one. Throws SourceError.
 */
export class SourceReader implements AsyncIterable<Buffer> {
  private stream: Readable | null;

  constructor(
    private readonly source: ObjectSource,
    private readonly options: Pick<PutOptions, 'size' | 'signal'>,
  ) {
    this.stream = source instanceof Readable ? source : null;
    // Until somebody reads, an error of the stream would have no listener, and end the process.
    this.stream?.on('error', () => {});
  }

  /** Tells whether the source can be read once more after a failed try. */
  get repeatable(): boolean {
    return !(this.source instanceof Readable);
  }

  /** The MD5 of a source that can be read once more, as the header Content-MD5 has it, else null. Throws SourceError. */
  async md5(): Promise<string | null> {
    if (!this.repeatable) return null;
    const hash = createHash('md5');
    for await (const chunk of this.chunks()) hash.update(chunk);
    return hash.digest('base64');
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    const { size } = this.options;
    let seen = 0;
    let held: Buffer | null = null;
    for await (const chunk of this.chunks()) {
      seen += chunk.length;
      if (seen > size) throw new SourceError(`source goes on after ${size} bytes`);
      if (held) yield held;
      held = chunk;
    }
    if (seen !== size) throw new SourceError(`source ended after ${seen} of ${size} bytes`);
    if (held) yield held;
  }

  /** Lets go of the source, finished or not. */
  close(): void {
    this.stream?.destroy();
  }

  private async *chunks(): AsyncGenerator<Buffer> {
    const { source } = this;
    const { signal } = this.options;
    if (Buffer.isBuffer(source)) {
      yield source;
      return;
    }
    this.stream = source instanceof Readable ? source : createReadStream(source.file, { highWaterMark: 256 * 1024 });
    if (signal) addAbortSignal(signal, this.stream);
    try {
      for await (const chunk of this.stream as AsyncIterable<Buffer | string>) {
        yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      }
    } catch (error) {
      throw new SourceError('source failed', { cause: error });
    }
  }
}
