import { GatheredBytes } from '#libs/protocol';
import type { ByteRange } from './object-store.js';

/** Up to this many bytes an object is read in one go, as a Buffer. */
export const SMALL_OBJECT = 64 * 1024;

/**
 * Reads the bytes of an object to their end. For what is known to be small (lists, answers, a `.mod`), or has a limit:
 * throws an Error on more bytes than that.
 */
export async function readBody(body: Buffer | AsyncIterable<Buffer>, most = Infinity): Promise<Buffer> {
  if (Buffer.isBuffer(body)) return body;
  const gathered = new GatheredBytes();
  for await (const chunk of body) {
    gathered.write(chunk);
    if (gathered.length > most) throw new Error(`a body of more than ${most} bytes`);
  }
  return gathered.bytes();
}

/** Throws RangeError when a range is none, or goes beyond the size. */
export function checkRange({ start, end }: ByteRange, size: number): void {
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end);
  if (!whole || start < 0 || start > end || end >= size) throw new RangeError('range not satisfiable');
}
