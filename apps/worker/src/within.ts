import { setTimeout as after } from 'node:timers/promises';

/** Waits for work for so many milliseconds; false: it goes on. Throws what the work throws meanwhile. */
export async function within(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  const limit = new AbortController();
  const done = await Promise.race([
    work.then(() => true),
    after(milliseconds, false, { signal: limit.signal, ref: false }),
  ]);
  limit.abort();
  return done;
}
