import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { RefusalError } from '#libs/protocol';

/** Whether a client may read and write: it shows the token, if there is one. */
export class Authorization {
  private readonly expected: Buffer | null;

  constructor(token: string | undefined) {
    this.expected = token === undefined ? null : digest(token);
  }

  /** Null: it may. */
  refusal({ authorization }: IncomingHttpHeaders): RefusalError | null {
    if (!this.expected) return null;
    const [, token = ''] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
    // In the same time whatever is shown, of whatever length.
    return timingSafeEqual(digest(token), this.expected) ? null : new RefusalError('unauthorized', 'a token is needed');
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
