import { setTimeout as after } from 'node:timers/promises';
import { RefusalError } from '#libs/protocol';

/** Pause between two tries, in milliseconds. */
const PAUSE = 50;

/**
 * Tries something that needs Redis again and again until it succeeds or `patience` milliseconds have passed.
 * A failover shorter than the patience is not seen by the caller: the go command does not retry. Each try is raced
 * with what is left of the time, for a command to a Redis that was never there hangs.
 * Throws the RefusalError of the last try (no worker, say), else RefusalError `busy`.
 */
export async function patiently<T>(patience: number, attempt: () => Promise<T>): Promise<T> {
  const end = Date.now() + patience;
  for (;;) {
    try {
      return await within(Math.max(end - Date.now(), PAUSE), attempt());
    } catch (error) {
      if (Date.now() + PAUSE >= end) {
        throw error instanceof RefusalError
          ? error
          : new RefusalError('busy', 'the job queue does not answer', { cause: error });
      }
      await after(PAUSE);
    }
  }
}

/** The work's result, or an Error when it takes longer than some milliseconds. */
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('no answer in time')), milliseconds);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
