import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import type { Config } from '#libs/config';
import { errorFields } from './error-fields.js';
import { openDestination } from './log-destination.js';

export type { Logger } from 'pino';

/**
 * Makes the one logger of a process, on stdout or on stderr (2). JSON lines carry `time` in
 * RFC 3339, `process`, and what the caller adds.
 */
export async function createLogger(
  config: Pick<Config, 'logLevel' | 'logFormat'>,
  processName: string,
  destination: 1 | 2 = 1,
): Promise<Logger> {
  const options = {
    level: config.logLevel,
    base: { process: processName },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: errorFields },
  };
  const written = openDestination(destination);
  if (config.logFormat === 'json') return pino(options, written);
  const { prettyFactory } = await import('pino-pretty');
  const format = prettyFactory({ ignore: 'process,pid,hostname', messageFormat: `${processName}: {msg}` });
  return pino(options, { write: (line) => void written.write(format(line)) });
}

/** Nest's own messages, in our log: its chatter at start goes to debug. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: unknown): void {
    this.logger.debug({ context }, String(message));
  }
  debug(message: unknown, context?: unknown): void {
    this.logger.debug({ context }, String(message));
  }
  verbose(message: unknown, context?: unknown): void {
    this.logger.trace({ context }, String(message));
  }
  warn(message: unknown, context?: unknown): void {
    this.logger.warn({ context }, String(message));
  }
  error(message: unknown, stack?: unknown, context?: unknown): void {
    // What keeps the application from being made is thrown as well, and told by whoever starts it.
    const level = [stack, context].includes('ExceptionHandler') ? 'debug' : 'error';
    this.logger[level]({ context, stack }, String(message));
  }
  fatal(message: unknown, context?: unknown): void {
    this.logger.fatal({ context }, String(message));
  }
}
