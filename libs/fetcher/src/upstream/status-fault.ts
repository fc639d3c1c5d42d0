import { reasonFrom } from '../reason.js';
import type { Answer } from './exchange.js';
import { SourceFault, type Retry } from './fault.js';
import { readRetryAfter } from './retry.js';

/** Attempts after the first one at what a busy or restarting source answers. */
const RETRIES = 2;

/**
 * The fault that a status other than 200 stands for: 404 and 410 are not-found, 403 and 451 forbid, anything else is
 * trouble. Has the upstream's own words where they are plain text, as the go command does.
 */
export function statusFault({ statusCode, headers, page }: Answer): SourceFault {
  switch (statusCode) {
    case 404:
    case 410:
      return new SourceFault('not-found', wordsOf(headers['content-type'], page) || 'not found in the upstream');
    case 403:
    case 451:
      return new SourceFault('forbidden', wordsOf(headers['content-type'], page) || 'the upstream refuses it');
    case 401:
      return new SourceFault('upstream', 'the upstream needs credentials');
    case 429:
      return new SourceFault('upstream', 'the upstream has too many requests (429)', { retry: retryOf(headers) });
    default:
      return new SourceFault('upstream', `the upstream answers with status ${statusCode}`, {
        outage: statusCode >= 500,
        // Others than these say that the next answer would be the same.
        ...([502, 503, 504].includes(statusCode) && { retry: retryOf(headers) }),
      });
  }
}

function retryOf(headers: Answer['headers']): Retry {
  return { times: RETRIES, after: readRetryAfter(headers['retry-after']) };
}

function wordsOf(type: string | string[] | undefined, page: Buffer): string {
  if (typeof type !== 'string' || !/^text\/plain\s*(;\s*charset="?(utf-8|us-ascii)"?\s*)?$/i.test(type)) return '';
  return reasonFrom(page.toString('utf8')).replace(/^(not found|forbidden): /i, '');
}
