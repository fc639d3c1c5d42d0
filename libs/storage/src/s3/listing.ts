import { text } from 'node:stream/consumers';
import { XMLParser } from 'fast-xml-parser';
import { InvalidXMLError, type Client } from 'minio';
import { isKey } from '../key.js';
import type { ObjectEntry } from '../object-store.js';
import { translateS3Error } from './s3-error.js';

/** What to list: names that begin with `prefix`, from where the page before ended, or else after `after`. */
export interface ListQuery {
  readonly prefix: string;
  readonly token?: string;
  readonly after?: string;
  readonly limit?: number;
}

/** One page of a list; `next` is the token of the page behind it, null for the last. */
export interface ListPage {
  readonly objects: readonly { readonly name: string; readonly size: number; readonly modified: Date }[];
  readonly next: string | null;
}

/** Names and tokens stay as they are, be they numbers or have spaces at their ends. */
const parser = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
  isArray: (tag) => tag === 'Contents',
});

/**
 * Lists page by page the keys below a root, those after `after` only. Names that are no keys are left out: some servers
 * list folders, and consoles make objects of them. Throws what `ask` throws, translated, and Error when the server has
 * another order than that of keys: whoever goes on from one would miss what comes too late.
 */
export async function* listKeys(
  ask: (query: ListQuery) => Promise<ListPage>,
  { root, prefix, after }: { readonly root: string; readonly prefix: string; readonly after: string },
): AsyncGenerator<ObjectEntry> {
  const start = after === '' ? '' : root + after;
  let [token, last]: [string | null, string] = ['', ''];
  while (token !== null) {
    const page: ListPage = await ask({ prefix: root + prefix, token, after: start }).catch((error: unknown) => {
      throw translateS3Error(error);
    });
    for (const { name, size, modified } of page.objects) {
      const key = name.slice(root.length);
      // Some servers know no start.
      if (!isKey(key) || key <= after) continue;
      if (key <= last) throw new Error('S3: the server does not list in the order of names');
      last = key;
      yield { key, size, modified };
    }
    token = page.next;
  }
}

/**
 * Asks for a page of a list (ListObjectsV2). The minio client's own would have names come URL-encoded, and decodes
 * them also where a server does not do that: of `v2.0.0+incompatible` it makes another name. Names of keys are
 * printable ASCII, which XML has without an encoding.
 * Throws S3Error, and InvalidXMLError for what is no list.
 */
export async function askPage(
  client: Client,
  bucketName: string,
  { prefix, token = '', after = '', limit = 1000 }: ListQuery,
): Promise<ListPage> {
  const parameters = {
    ...(token !== '' && { 'continuation-token': token }),
    'list-type': '2',
    'max-keys': String(limit),
    prefix,
    ...(token === '' && after !== '' && { 'start-after': after }),
  };
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${escaped(value)}`);
  const response = await client.makeRequestAsync({ method: 'GET', bucketName, query: query.join('&') });
  return readPage(await text(response));
}

function readPage(xml: string): ListPage {
  const { ListBucketResult: page } = parse(xml);
  if (page === undefined) throw new InvalidXMLError('no list');
  // A list of nothing may have nothing in it.
  const { Contents: contents = [], IsTruncated: more, NextContinuationToken: next = '' } = page === '' ? {} : page;
  if (more === 'true' && next === '') throw new Error('S3: the server does not say how a list goes on');
  const objects = contents.map(({ Key: name, Size: size, LastModified: modified }) => {
    if (!name || !/^\d+$/.test(size ?? '')) throw new InvalidXMLError('an object without a name or a size');
    return { name, size: Number(size), modified: new Date(modified ?? NaN) };
  });
  return { objects, next: more === 'true' ? next : null };
}

/** What a list has, if it is one. */
interface Answer {
  readonly ListBucketResult?:
    | ''
    | {
        readonly Contents?: readonly {
          readonly Key?: string;
          readonly Size?: string;
          readonly LastModified?: string;
        }[];
        readonly IsTruncated?: string;
        readonly NextContinuationToken?: string;
      };
}

function parse(xml: string): Answer {
  try {
    return parser.parse(xml);
  } catch (cause) {
    throw new InvalidXMLError('no XML', { cause });
  }
}

/** As a signature of S3 has it: all is escaped but letters, digits and `-_.~`. */
function escaped(value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
