import { setTimeout as after } from 'node:timers/promises';

/** Asks every 50 ms until the answer is yes; a fault counts as no. Rejects after a minute. */
export async function until(yes: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await yes().catch(() => false))) {
    if (Date.now() > end) throw new Error('not so after a minute');
    await after(50);
  }
}
