import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ObjectBody } from '#libs/storage';

export const MiB = 1024 * 1024;

/** What patterns are cut from: nothing is made for each chunk that would have to be collected again. */
const POOL = randomBytes(2 * MiB);

/** A stream of `size` bytes, no MiB of it like another. */
export function patternStream(size: number): Readable {
  return Readable.from(patternChunks(size), { objectMode: false });
}

/** The chunks of a pattern: the same in the same process. */
export function* patternChunks(size: number): Generator<Buffer> {
  for (let done = 0, turn = 0; done < size; turn++) {
    const offset = (turn * 1009) % MiB;
    const chunk = POOL.subarray(offset, offset + Math.min(MiB, size - done));
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
