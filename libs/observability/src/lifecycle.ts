import type { Logger } from './logger.js';

/** Time past the grace after which a stop that hangs is cut off. */
const CUT_OFF = 5_000;

export interface Stoppable {
  readonly log: Logger;
  /** Milliseconds that the stop may take. */
  readonly grace: number;
  /** Stops taking work, finishes or gives back what runs, closes connections. */
  readonly stop: () => Promise<void>;
}

/**
 * Runs a process until SIGTERM, SIGINT or the end of the supervisor that started it; then stops it and exits:
 * 0 after a clean stop, 1 after a failed one, or at once at the second signal.
 * Nest's own shutdown hooks are left off: they end by re-raising the signal, so the exit code would tell a kill.
 */
export function stopOnSignal({ log, grace, stop }: Stoppable): void {
  let stopping = false;
  const begin = (why: string): void => {
    if (stopping) {
      log.warn(`${why} again: stopping at once`);
      process.exit(1);
    }
    stopping = true;
    log.info({ grace }, `${why}: stopping`);
    const cutOff = setTimeout(() => {
      log.error('the stop took too long: exiting');
      process.exit(1);
    }, grace + CUT_OFF);
    stop()
      .then(() => {
        clearTimeout(cutOff);
        log.info('stopped');
        return process.exit(0);
      })
      .catch((error: unknown) => {
        log.error({ err: error }, 'the stop failed');
        process.exit(1);
      });
  };
  takeOver('SIGTERM', () => begin('SIGTERM'));
  takeOver('SIGINT', () => begin('SIGINT'));
  // A child of `stoa start` must not outlive it, even when it was killed: the IPC channel closes then.
  takeOver('disconnect', () => {
    if (!stopping) begin('the supervisor is gone');
  });
}

/**
 * Who ended the process at once while it started no longer does. At no time is nobody there: a signal that comes then
 * ends the process as if it had been killed, or is lost.
 */
function takeOver(event: 'SIGTERM' | 'SIGINT' | 'disconnect', listener: () => void): void {
  const events: NodeJS.EventEmitter = process;
  const former = events.listeners(event) as (() => void)[];
  events.on(event, listener);
  for (const one of former) events.off(event, one);
}

/** What a process tells the supervisor that started it, once it serves. */
export interface ReadyMessage {
  readonly ready: true;
  /** The clients' address of a gateway; a worker has none. */
  readonly url?: string;
  /** The operators' address. */
  readonly ops: string;
}

/** Tells the supervisor, if there is one, that this process serves. */
export function tellReady(addresses: Omit<ReadyMessage, 'ready'>): void {
  process.send?.({ ready: true, ...addresses } satisfies ReadyMessage);
}
