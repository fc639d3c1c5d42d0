import { setTimeout as after } from 'node:timers/promises';
import { RefusalError } from '#libs/protocol';

/** Pause before the second try, in milliseconds; each is twice as long as the one before it, up to the longest. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/**
 * Does what nobody else will ask for: tries again for as long as the storage is in trouble that may pass (full,
 * read-only, not reached). Throws the last failure when the signal aborts, and any other failure at once.
 */
export async function insist<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    try {
      return await attempt();
    } catch (error) {
      if (!mayPass(error)) throw error;
      await after(pause, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) throw error;
    }
  }
}

/** Whether a storage is in trouble that may pass. */
export function mayPass(error: unknown): boolean {
  return error instanceof RefusalError && (error.kind === 'busy' || error.kind === 'timeout');
}
