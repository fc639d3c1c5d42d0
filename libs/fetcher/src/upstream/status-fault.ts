import type { Dispatcher } from 'undici';
import { reasonFrom } from '../reason.js';
import { SourceFault } from './fault.js';

/** Bytes of an error page that are looked at. */
const PAGE = 4096;

/**
 * The fault that a status other than 200 stands for: 404 and 410 are not-found, 403 and 451 forbid, anything else is
 * trouble. Reads the upstream's own words where they are plain text, as the go command does, and frees the connection.
 */
export async function statusFault(answer: Dispatcher.ResponseData): Promise<SourceFault> {
  const text = reasonFrom(await plainText(answer)).replace(/^(not found|forbidden): /i, '');
  switch (answer.statusCode) {
    case 404:
    case 410:
      return new SourceFault('not-found', text || 'not found in the upstream');
    case 403:
    case 451:
      return new SourceFault('forbidden', text || 'the upstream refuses it');
    case 401:
      return new SourceFault('upstream', 'the upstream needs credentials');
    case 429:
      return new SourceFault('upstream', 'the upstream has too many requests (429)');
    default:
      return new SourceFault('upstream', `the upstream answers with status ${answer.statusCode}`);
  }
}

/** The beginning of a page in plain text; any other page is dropped. */
async function plainText({ headers, body }: Dispatcher.ResponseData): Promise<string> {
  const type = headers['content-type'];
  if (typeof type !== 'string' || !/^text\/plain\s*(;\s*charset="?(utf-8|us-ascii)"?\s*)?$/i.test(type)) {
    // A small page is read to its end, which saves the connection; a failure in it changes nothing.
    await body.dump({ limit: PAGE }).catch(() => {});
    return '';
  }
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= PAGE) break;
    }
  } catch {
    // The status says what matters; a page that breaks off gives what came of it.
  }
  return Buffer.concat(chunks).subarray(0, PAGE).toString('utf8');
}
