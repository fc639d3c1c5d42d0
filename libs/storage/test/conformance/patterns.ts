import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ObjectBody } from '#libs/storage';

export const MiB = 1024 * 1024;

/** A stream of `size` bytes that is made on the way, no MiB of it like another. */
export function patternStream(size: number): Readable {
  return Readable.from(patternChunks(size), { objectMode: false });
}

export function* patternChunks(size: number): Generator<Buffer> {
  for (let done = 0, turn = 0; done < size; turn++) {
    const chunk = Buffer.alloc(Math.min(MiB, size - done), `${turn} `);
    done += chunk.length;
    yield chunk;
  }
}

/** A stream that gives its chunks and then waits for ever. */
export function stuckStream(chunks: readonly Buffer[]): Readable {
  const left = [...chunks];
  return new Readable({
    read() {
      const next = left.shift();
      if (next) this.push(next);
    },
  });
}

/** The SHA-256 of what a stream or Buffer gives, and its length, without holding it. */
export async function digest(source: ObjectBody['body'] | Iterable<Buffer>): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  const chunks = Buffer.isBuffer(source) ? [source] : source;
  for await (const chunk of chunks as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest('hex'), size };
}
