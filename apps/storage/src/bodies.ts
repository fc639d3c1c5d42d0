import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { ObjectSource, ObjectStore } from '#libs/storage';

/**
 * The body of a request, as a stream whose end of reading is not the end of the connection: an answer is to follow. What
 * nobody reads of it is drained, so that the next request on the connection is found behind it.
 */
export function bodyOf(request: IncomingMessage): Readable {
  return Readable.from(chunksOf(request), { objectMode: false });
}

async function* chunksOf(request: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    // `yield*` would hand an error of the reader on to the iterator, which then destroys the request in spite of this.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) yield chunk as Buffer;
  } finally {
    request.resume();
  }
}

/** Tells whether an object has these very bytes, in bounded memory. Reads a source to its end, or not at all. */
export async function holds(objects: ObjectStore, key: string, source: ObjectSource, size: number): Promise<boolean> {
  const stored = await objects.get(key);
  if (!stored) return false;
  if (stored.stat.size !== size) {
    if (stored.body instanceof Readable) stored.body.destroy();
    return false;
  }
  const [one, other] = await Promise.all([digest(stored.body), digest(readable(source))]);
  return one === other;
}

function readable(source: ObjectSource): Buffer | Readable {
  return Buffer.isBuffer(source) || source instanceof Readable ? source : createReadStream(source.file);
}

async function digest(body: Buffer | Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of Buffer.isBuffer(body) ? [body] : (body as AsyncIterable<Buffer>)) hash.update(chunk);
  return hash.digest('hex');
}
