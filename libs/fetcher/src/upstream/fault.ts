import { errors } from 'undici';
import { errorCode, isLackOfRoom, LacksError, RefusalError, type RefusalKind } from '#libs/protocol';

const TIMEOUTS: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
]);

/** How often what fails before the first byte is tried again: a host that is not there only once, as for a restart. */
const RETRIES: Readonly<Record<string, number>> = {
  ECONNRESET: 2,
  EPIPE: 2,
  UND_ERR_SOCKET: 2,
  ECONNREFUSED: 1,
  EAI_AGAIN: 1,
};

/** The reason of an answer that ends before its length. */
export const TRUNCATED = 'the answer of the upstream is truncated';

/** How another attempt may mend a fault. */
export interface Retry {
  /** Attempts after the first one. */
  readonly times: number;
  /** Milliseconds that the source asks to wait; null: it does not say. */
  readonly after: number | null;
}

interface FaultDetails {
  readonly cause?: unknown;
  readonly retry?: Retry;
  readonly outage?: boolean;
}

/** What is wrong with a source or its answer. Its message is a reason for the client, without what was asked. */
export class SourceFault extends Error {
  override readonly name = 'SourceFault';
  /** Null: another attempt would fare no better, or repeat too much. */
  readonly retry: Retry | null;
  /** Whether the source as a whole is in trouble, rather than this one file of it. */
  readonly outage: boolean;

  constructor(
    readonly kind: RefusalKind,
    reason: string,
    { cause, retry, outage = false }: FaultDetails = {},
  ) {
    super(reason, { cause });
    this.retry = retry ?? null;
    this.outage = outage;
  }
}

/** The fault of an answer that does not begin, or end, before its time is over. */
export function lateFault(cause?: unknown): SourceFault {
  return new SourceFault('timeout', 'the upstream does not answer in time', { cause, outage: true });
}

/** The fault of a connection that failed before the answer began. */
export function connectionFault(error: unknown): SourceFault {
  if (error instanceof SourceFault) return error;
  const code = errorCode(error) ?? '';
  if (TIMEOUTS.has(code)) return lateFault(error);
  if (error instanceof errors.HTTPParserError) {
    return new SourceFault('upstream', 'the upstream answers with something that is no HTTP', {
      cause: error,
      outage: true,
    });
  }
  // A code names what failed (ECONNREFUSED, ENOTFOUND); an error's message also names hosts and addresses.
  const detail = /^[A-Z0-9_]+$/.test(code) ? ` (${code})` : '';
  const times = RETRIES[code];
  return new SourceFault('upstream', `the upstream can not be reached${detail}`, {
    cause: error,
    outage: true,
    ...(times !== undefined && { retry: { times, after: null } }),
  });
}

/** The fault of a connection that failed within an answer. */
export function bodyFault(error: unknown): SourceFault {
  if (error instanceof SourceFault) return error;
  if (TIMEOUTS.has(errorCode(error) ?? '')) {
    return new SourceFault('timeout', 'the upstream stalls in mid-answer', { cause: error, outage: true });
  }
  return new SourceFault('upstream', TRUNCATED, { cause: error });
}

/** Turns whatever a fetch threw into a refusal `<subject>: <reason>`; an aborted fetch is a timeout. */
export function refusalFrom(error: unknown, subject: string, signal: AbortSignal): RefusalError {
  if (error instanceof RefusalError) return error;
  if (signal.aborted) {
    if (signal.reason instanceof RefusalError) return signal.reason;
    return new RefusalError('timeout', `${subject}: the time for this fetch is over`, { cause: error });
  }
  if (error instanceof SourceFault) {
    const prefix = `${subject}: `;
    const message = error.message.startsWith(prefix) ? error.message : prefix + error.message;
    return new RefusalError(error.kind, message, { cause: error });
  }
  if (isLackOfRoom(error)) {
    return new LacksError(`${subject}: the scratch files can not be written`, { cause: error });
  }
  return new RefusalError('internal', `${subject}: this worker failed`, { cause: error });
}
