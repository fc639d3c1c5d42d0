import { checkRange } from '../body.js';
import type { ByteRange, ObjectBody, ObjectEntry, ObjectStat } from '../object-store.js';
import { receiveBody } from '../remote-body.js';
import { dropBody, type LinkAnswer } from './storage-link.js';

type Headers = LinkAnswer['headers'];

/** Reads size, time and etag from the headers of an object. Throws when one of them is missing. */
export function readStat(headers: Headers): ObjectStat {
  const range = /\/(\d+)$/.exec(header(headers, 'content-range'));
  const size = contentLength({ 'content-length': range?.[1] ?? headers['content-length'] });
  const modified = new Date(header(headers, 'last-modified'));
  const etag = /^"([^"]+)"$/.exec(header(headers, 'etag'))?.[1];
  // Without a length, a body that ends short could not be told from a whole one.
  if (size === null || Number.isNaN(modified.getTime()) || etag === undefined)
    throw new Error('external storage: the server does not say length, time and etag of an object');
  return { size, modified, etag };
}

/** Turns a 200 or 206 into an object. Throws RangeError when it does not have the range. */
export async function readObject({ headers, body }: LinkAnswer, range?: ByteRange): Promise<ObjectBody> {
  try {
    const stat = readStat(headers);
    if (range) checkRange(range, stat.size);
    const length = range ? range.end - range.start + 1 : stat.size;
    if (contentLength(headers) !== length) throw new Error('external storage: the server ignores ranges');
    return { stat, body: await receiveBody(body, length), tier: 'storage' };
  } catch (error) {
    dropBody(body);
    throw error;
  }
}

/** Reads a page of a list: `{"objects":[{"key","size","modified"}],"more":true}`. Throws when it is none. */
export async function readPage({ body }: LinkAnswer): Promise<{ objects: ObjectEntry[]; more: boolean }> {
  const page = (await body.json()) as {
    readonly objects?: readonly { readonly key?: unknown; readonly size?: unknown; readonly modified?: unknown }[];
    readonly more?: unknown;
  };
  const objects = page.objects?.map(({ key, size, modified }) => ({ key, size, modified: new Date(String(modified)) }));
  const sound = (entry: NonNullable<typeof objects>[number]): entry is ObjectEntry =>
    typeof entry.key === 'string' && Number.isSafeInteger(entry.size) && !Number.isNaN(entry.modified.getTime());
  if (!objects?.every(sound) || typeof page.more !== 'boolean' || (page.more && objects.length === 0))
    throw new Error('external storage: the server answers a list in another shape');
  return { objects, more: page.more };
}

/** The Content-Length of an answer; null where it says none. */
export function contentLength(headers: Headers): number | null {
  const text = header(headers, 'content-length');
  return /^\d+$/.test(text) ? Number(text) : null;
}

/** A header, or an empty text. */
export function header(headers: Headers, name: string): string {
  return String(headers[name] ?? '');
}
