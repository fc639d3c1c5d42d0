import { randomUUID } from 'node:crypto';
import { setTimeout as after } from 'node:timers/promises';
import { RefusalError } from '#libs/protocol';
import type { ObjectStore } from '../object-store.js';

/** A claim that is older than this, in milliseconds, is of a writer who died: no upload takes as long. */
const ABANDONED = 60 * 60_000;
const TRIES = 40;
/** Longest pause before another try, in milliseconds; the first are shorter. */
const PAUSE = 1_000;

type ClaimStore = Pick<ObjectStore, 'put' | 'list' | 'delete'>;

/**
 * Lets one writer at a time create an object on a server that can't: each puts a claim beside the object and then lists
 * all claims. Of two writers at least one sees the other's claim, for the server lists what was put before; it takes its
 * own back and tries again. Whoever is alone writes, after a look that nobody was before it.
 * Throws RefusalError `busy` when others never leave room.
 */
export async function alone<T>(store: ClaimStore, key: string, work: () => Promise<T>): Promise<T> {
  const folder = `.meta/claims/${key}/`;
  for (let tries = 1; tries <= TRIES; tries++) {
    const claim = `${folder}${randomUUID()}`;
    await store.put(claim, Buffer.alloc(0), { size: 0, mode: 'replace' });
    try {
      if (await isAlone(store, folder, claim)) return await work();
    } finally {
      await store.delete(claim);
    }
    await after(Math.random() * Math.min(PAUSE, 20 * 2 ** tries));
  }
  throw new RefusalError('busy', 'the storage is busy with another write of the same object');
}

async function isAlone(store: ClaimStore, folder: string, claim: string): Promise<boolean> {
  let own: Date | undefined;
  const others: Date[] = [];
  for await (const { key, modified } of store.list(folder)) {
    if (key === claim) own = modified;
    else others.push(modified);
  }
  // Times are the server's own.
  return own !== undefined && others.every((other) => own.getTime() - other.getTime() > ABANDONED);
}
