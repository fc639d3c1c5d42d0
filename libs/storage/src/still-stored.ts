import { within } from '#libs/observability';
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
  const asked = store.stat(key).then(
    (stat) => stat?.etag === etag,
    () => true,
  );
  return within(PATIENCE, asked, () => true);
}
