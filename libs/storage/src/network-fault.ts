import { errorCode, RefusalError } from '#libs/protocol';

const TIMEOUTS = new Set(['ETIMEDOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT']);

/** Tells whether a connection failed, not the server: worth another try. */
export function isConnectionFault(error: unknown): boolean {
  const code = networkCode(error);
  return code !== undefined && !TIMEOUTS.has(code);
}

/** Does once more what may be done twice: a kept connection may have been closed by the server at that very moment. */
export async function retried<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isConnectionFault(error)) throw error;
    return call();
  }
}

/** Turns what a connection or a deadline fails with into a refusal that names no address; null: it is no such fault. */
export function networkRefusal(error: unknown): RefusalError | null {
  const code = networkCode(error);
  if (code === undefined) return null;
  return TIMEOUTS.has(code)
    ? new RefusalError('timeout', 'the storage does not answer', { cause: error })
    : new RefusalError('busy', 'the storage can not be reached', { cause: error });
}

/** What to throw on of an error that a connection or a deadline may have failed with. */
export function orRefusal(error: unknown): unknown {
  return networkRefusal(error) ?? error;
}

function networkCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // A name with several addresses fails with one error for each.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = errorCode(first);
  // Codes of the system, of OpenSSL and of undici; an SDK's own are in mixed case, Node's own begin with ERR_.
  return code !== undefined && /^(?!ERR_)[A-Z\d_]+$/.test(code) ? code : undefined;
}
