import type { IncomingMessage } from 'node:http';
import { REFUSAL_STATUS, RefusalError } from '#libs/protocol';
import { KeyError } from '#libs/storage';

/** Other bytes are stored than are sent, and what is stored never changes: 409. */
export class Conflict extends RefusalError {
  constructor() {
    super('bad-request', 'other bytes are stored, and never change');
  }
}

/** What a client is told of an error: of a fault of our own, nothing. */
export function refusalOf(error: unknown, request: IncomingMessage): RefusalError {
  if (error instanceof RefusalError) return error;
  if (error instanceof KeyError) return new RefusalError('bad-request', error.message);
  // The client went away in the middle of a body: nobody reads this.
  if (request.destroyed && !request.complete) return new RefusalError('bad-request', 'the body is cut short');
  return new RefusalError('internal', 'internal error', { cause: error });
}

/** The status of a refusal. */
export function statusOf(refusal: RefusalError): number {
  return refusal instanceof Conflict ? 409 : REFUSAL_STATUS[refusal.kind];
}
