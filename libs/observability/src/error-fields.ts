import { pino } from 'pino';

/** What a log tells of an error. */
export interface ErrorFields {
  readonly type: string;
  readonly message: string;
  /** With those of its causes. */
  readonly stack: string;
  /** The system's, or a library's. */
  readonly code?: string;
}

/**
 * Gives what a log tells of an error. Nothing else that a library has put into it: ioredis adds the command that failed,
 * which may be the one with the password.
 */
export function errorFields(error: unknown): ErrorFields | string {
  if (!(error instanceof Error)) return String(error);
  const { type, message, stack } = pino.stdSerializers.err(error);
  return { type, message, stack, ...('code' in error ? { code: String(error.code) } : {}) };
}
