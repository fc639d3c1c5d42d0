import { Readable } from 'node:stream';
import { SMALL_OBJECT } from '../body.js';
import type { ByteRange } from '../object-store.js';
import type { LinkAnswer } from './storage-link.js';

/**
 * The body of an answer, or a range of it, as a stream that fails when the connection ends before Content-Length.
 * Destroying it closes the connection, without a word: undici's own body tells of an abort then.
 */
export function answerStream(body: Readable, range?: ByteRange): Readable {
  body.on('error', () => {});
  const stream = Readable.from(range ? cut(body, range) : body, { objectMode: false, highWaterMark: 256 * 1024 });
  stream.once('close', () => body.destroy());
  return stream;
}

/** Lets go of a body that nobody reads: a short one to its end, to keep the connection, a long one with it. */
export function dropBody(body: LinkAnswer['body']): void {
  body.dump({ limit: SMALL_OBJECT }).catch(() => {});
}

async function* cut(body: AsyncIterable<Buffer>, { start, end }: ByteRange): AsyncGenerator<Buffer> {
  let position = 0;
  for await (const chunk of body) {
    const wanted = chunk.subarray(Math.max(0, start - position), end + 1 - position);
    position += chunk.length;
    if (wanted.length > 0) yield wanted;
    if (position > end) return;
  }
}
