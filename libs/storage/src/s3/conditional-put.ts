import { Readable } from 'node:stream';
import { request, type Dispatcher } from 'undici';
import type { SourceReader } from '../source-reader.js';
import { NOT_IMPLEMENTED, s3Refusal } from './s3-error.js';
import type { SignedPut } from './signer.js';

/** What the server made of a put: `exists` and `conflict` (another create of the key is under way) store nothing. */
export type PutOutcome = 'stored' | 'exists' | 'conflict';

interface ConditionalPut {
  readonly signed: SignedPut;
  readonly size: number;
  /** Content-MD5: a server then knows the whole from what was cut or spoilt on its way. */
  readonly md5: string | null;
  readonly create: boolean;
  readonly dispatcher: Dispatcher;
  readonly signal?: AbortSignal;
}

/**
 * Stores an object as one PUT with Content-Length, for `create` with `If-None-Match: *`. The minio client's putObject
 * buffers what fits a part and sends the condition too early above it: two writers would both succeed.
 * Throws what undici throws, SourceError, and RefusalError for what the server refuses.
 */
export async function conditionalPut(source: SourceReader, options: ConditionalPut): Promise<PutOutcome> {
  const { signed, size, md5, create, dispatcher, signal } = options;
  const { statusCode, body } = await request(signed.url, {
    method: 'PUT',
    headers: {
      ...signed.headers,
      'content-length': String(size),
      ...(md5 !== null && { 'content-md5': md5 }),
      ...(create && { 'if-none-match': '*' }),
    },
    body: Readable.from(source, { objectMode: false }),
    dispatcher,
    signal,
  });
  const text = await body.text();
  if (statusCode === 200) return 'stored';
  if (create && statusCode === 412) return 'exists';
  if (create && statusCode === 409) return 'conflict';
  if (statusCode === 501) throw s3Refusal(NOT_IMPLEMENTED);
  throw s3Refusal(/<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? `status ${statusCode}`);
}
