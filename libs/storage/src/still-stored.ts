import { setTimeout as delay } from 'node:timers/promises';
import type { ObjectStat, ObjectStore } from './object-store.js';

/** How long a copy waits for the storage to say that it has the object still, in milliseconds. */
const PATIENCE = 2_000;

/**
 * Tells whether a store still has the object that a copy was made of. One that fails, or is slow to answer, is no reason
 * to keep back what it once had.
 */
export async function isStillStored(
  store: Pick<ObjectStore, 'stat'>,
  key: string,
  { etag }: ObjectStat,
): Promise<boolean> {
  const answered = new AbortController();
  const asked = store.stat(key).then(
    (stat) => stat?.etag === etag,
    () => true,
  );
  const patience = delay(PATIENCE, true, { signal: answered.signal }).catch(() => true);
  return Promise.race([asked, patience]).finally(() => answered.abort());
}
