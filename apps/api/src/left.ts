import type { ServerResponse } from 'node:http';

/** A signal that is aborted when the client goes away before it has its answer. */
export function leftSignal(response: ServerResponse): AbortSignal {
  const left = new AbortController();
  const look = (): void => {
    if (response.destroyed && !response.writableFinished) left.abort();
  };
  response.once('close', look);
  look(); // it may be gone already
  return left.signal;
}
