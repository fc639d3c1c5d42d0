import { setTimeout as after } from 'node:timers/promises';
import { within } from '#libs/observability';
import { RefusalError } from '#libs/protocol';

/** Pause after the first failed try, in milliseconds; it doubles with each. */
const PAUSE = 50;
/** Longest pause: a lost connection is dialled once a second, so more tries would only cost, most when many wait. */
const LONGEST_PAUSE = 1_000;

/** How long a worker tries what must not get lost, in milliseconds: longer than a failover takes. */
export const FAILOVER = 15_000;

/**
 * Tries something that needs Redis again and again until it succeeds or `patience` milliseconds have passed.
 * A failover shorter than the patience is not seen by the caller: the go command does not retry. Each try is raced
 * with what is left of the time, for a command to a Redis that was never there hangs.
 * Throws the RefusalError of the last try (no worker, say), else RefusalError `busy`.
 */
export async function patiently<T>(patience: number, attempt: () => Promise<T>): Promise<T> {
  const end = performance.now() + patience;
  for (let pause = PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    try {
      return await within(Math.max(end - performance.now(), PAUSE), attempt(), noAnswer);
    } catch (error) {
      const left = end - performance.now();
      if (left <= 0) {
        throw error instanceof RefusalError
          ? error
          : new RefusalError('busy', 'the job queue does not answer', { cause: error });
      }
      await after(Math.min(pause, left));
    }
  }
}

function noAnswer(): never {
  throw new Error('no answer in time');
}
