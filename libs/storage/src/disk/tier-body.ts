import { FileBody } from '../fs/file-body.js';
import type { ByteRange, ObjectBody } from '../object-store.js';
import type { Fill } from './fill.js';

interface Sources {
  /** Who still writes the file, if anybody does. */
  readonly fill?: Fill | undefined;
  /** Reads the same object from the storage, from a position on. Throws when it has it no more. */
  readonly rest: (start: number) => Promise<ObjectBody['body']>;
}

/**
 * A cached object, or a range of it, as a stream: from its file, which may still grow, and if that fails, whatever the
 * cause, from where it stands on from the storage.
 */
export class TierBody extends FileBody {
  private rest: Rest | null = null;

  constructor(
    file: number,
    { start, end }: ByteRange,
    private readonly sources: Sources,
  ) {
    super(file, start, end);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.rest?.destroy();
    super._destroy(error, done);
  }

  protected override async readInto(buffer: Buffer, position: number): Promise<number> {
    if (this.rest) return this.rest.readInto(buffer);
    try {
      const reach = (await this.sources.fill?.reach(position)) ?? Infinity;
      // The file is closed then, and its number may be another's.
      if (this.destroyed) throw new Error('the reader has left');
      return await super.readInto(buffer.subarray(0, reach - position), position);
    } catch (error) {
      if (this.destroyed) throw error;
      const rest = new Rest(await this.sources.rest(position));
      if (this.destroyed) rest.destroy();
      this.rest = rest;
      return rest.readInto(buffer);
    }
  }
}

/** Reads a body into buffers. */
class Rest {
  private readonly chunks: AsyncIterator<Buffer> | Iterator<Buffer>;
  private chunk: Buffer = Buffer.alloc(0);

  constructor(private readonly body: ObjectBody['body']) {
    this.chunks = Buffer.isBuffer(body) ? [body].values() : (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  /** Gives how many bytes were read, at least one. Throws at the end. */
  async readInto(buffer: Buffer): Promise<number> {
    while (this.chunk.length === 0) {
      const next = await this.chunks.next();
      if (next.done === true) throw new Error('the object ended while it was read');
      this.chunk = next.value;
    }
    const bytes = this.chunk.copy(buffer);
    this.chunk = this.chunk.subarray(bytes);
    return bytes;
  }

  destroy(): void {
    if (!Buffer.isBuffer(this.body)) this.body.destroy();
  }
}
