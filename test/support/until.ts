import { setTimeout as after } from 'node:timers/promises';

/** Asks every 50 ms until the answer is yes; a fault counts as no. Rejects after 20 s. */
export async function until(yes: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await yes().catch(() => false))) {
    if (Date.now() > end) throw new Error('not so after 20 s');
    await after(50);
  }
}
