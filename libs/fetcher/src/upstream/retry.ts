import { setTimeout as delay } from 'node:timers/promises';
import { SourceFault } from './fault.js';
import type { UpstreamLimits } from './limits.js';

/**
 * Tries again what may pass, a few times, after a pause of random length so that those who failed together do not come
 * back together. A pause that the source asks for is kept; one that is too long, or longer than the time that is left,
 * is not waited for. `until` is of performance.now().
 */
export async function withRetries<T>(
  { backoff, retryAfter }: Pick<UpstreamLimits, 'backoff' | 'retryAfter'>,
  until: number,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted || !(error instanceof SourceFault) || error.retry === null) throw error;
      const { times, after } = error.retry;
      const pause = (after ?? 0) + Math.random() * backoff * 2 ** retries;
      if (retries >= times || (after ?? 0) > retryAfter || performance.now() + pause >= until) throw error;
      await delay(pause, undefined, { signal });
    }
  }
}

/** Reads Retry-After, seconds or a date, as milliseconds from now; null where there is none that makes sense. */
export function readRetryAfter(value: string | string[] | undefined, now: number = Date.now()): number | null {
  if (typeof value !== 'string') return null;
  if (/^\s*\d{1,9}\s*$/.test(value)) return Number(value) * 1000;
  // An HTTP date begins with the day of the week; Date.parse takes much that is none.
  const date = /^\s*(?:mon|tue|wed|thu|fri|sat|sun)/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
