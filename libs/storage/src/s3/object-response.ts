import { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { checkRange } from '../body.js';
import type { ByteRange, ObjectBody, ObjectStat } from '../object-store.js';
import { receiveBody } from '../remote-body.js';

const UNTOLD = 'S3: the server does not say length, time and etag of an object';

/**
 * Turns the answer to a GET into an object: a small one is read here, a large one stays a stream, which fails when
 * the connection ends before Content-Length. Destroying the stream closes the connection.
 * Throws RangeError when the object does not have the range.
 */
export async function readResponse(response: Readable, range?: ByteRange): Promise<ObjectBody> {
  try {
    const { length, size, modified, etag } = readHeaders(response);
    if (range) checkRange(range, size);
    if (length !== (range ? range.end - range.start + 1 : size)) throw new Error('S3: the server ignores ranges');
    return { stat: { size, modified, etag }, body: await receiveBody(response, length), tier: 'storage' };
  } catch (error) {
    response.destroy();
    throw error;
  }
}

function readHeaders(response: Readable) {
  const headers = response instanceof IncomingMessage ? response.headers : {};
  const length = Number(headers['content-length'] ?? NaN);
  const size = headers['content-range'] ? Number(/\/(\d+)$/.exec(headers['content-range'])?.[1] ?? NaN) : length;
  const modified = new Date(headers['last-modified'] ?? NaN);
  const etag = headers.etag?.replaceAll('"', '') ?? '';
  // Without a length, a body that ends short could not be told from a whole one.
  if (!Number.isSafeInteger(length)) throw new Error(UNTOLD);
  return { length, ...checkStat({ size, modified, etag }) };
}

/** Throws Error on what a server does not say of an object. */
export function checkStat(stat: ObjectStat): ObjectStat {
  if (Number.isSafeInteger(stat.size) && !Number.isNaN(stat.modified.getTime()) && stat.etag !== '') return stat;
  throw new Error(UNTOLD);
}
