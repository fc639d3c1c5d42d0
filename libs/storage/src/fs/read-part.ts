import { readSync } from 'node:fs';

/** Reads so many bytes of an open file from a position on, into memory of their own. Throws when there are fewer. */
export function readPart(handle: number, start: number, length: number): Buffer {
  // Not from Node's shared pool: a cache that keeps the Buffer would keep all of the pool's slab.
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length;) {
    const bytesRead = readSync(handle, bytes, done, length - done, start + done);
    if (bytesRead === 0) throw new Error('file ended while it was read');
    done += bytesRead;
  }
  return bytes;
}
