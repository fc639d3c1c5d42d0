import { within } from '#libs/observability';
import type { ObjectStat, ObjectStore } from './object-store.js';

/** How long a copy waits for the storage to say that it has the object still, in milliseconds. */
const PATIENCE = 2_000;
/** How long a copy is given without another look after the storage did not say, in milliseconds. */
const UNSAID = 10_000;

/**
 * Asks a store whether it still has the object that a copy was made of, and gives until when the copy may be given
 * without asking again, as performance.now() counts; null: it has it no more. A store that fails, or is slow to answer,
 * is no reason to keep back what it once had, nor to take it for stored from then on.
 */
export async function stillStored(
  store: Pick<ObjectStore, 'stat'>,
  key: string,
  { etag }: ObjectStat,
): Promise<number | null> {
  const asked = store.stat(key).then((stat) => (stat?.etag === etag ? Infinity : null), unsaid);
  return within(PATIENCE, asked, unsaid);
}

function unsaid(): number {
  return performance.now() + UNSAID;
}
