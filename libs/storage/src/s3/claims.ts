import { randomUUID } from 'node:crypto';
import { setTimeout as after } from 'node:timers/promises';
import { RefusalError } from '#libs/protocol';
import type { ObjectStore } from '../object-store.js';

/** Milliseconds. */
export interface ClaimTimes {
  /** How often a claim is made anew while its writer writes. */
  readonly renewal: number;
  /** The age from which a claim is of a writer who died. */
  readonly abandoned: number;
  /** How long others are waited for: longer than a claim of the dead holds. */
  readonly patience: number;
}

const TIMES: ClaimTimes = { renewal: 5_000, abandoned: 30_000, patience: 60_000 };
/** Longest pause before another try, in milliseconds; the first are shorter. */
const PAUSE = 1_000;

type ClaimStore = Pick<ObjectStore, 'put' | 'list' | 'delete'>;

/**
 * Lets one writer at a time create an object on a server that can't: each puts a claim beside the object and then lists
 * all claims. Of two writers at least one sees the other's claim, for the server lists what was put before; it takes its
 * own back and tries again. Whoever is alone writes, after a look that nobody was before it.
 * Throws RefusalError `busy` when others never leave room, and the signal's reason.
 */
export async function alone<T>(
  store: ClaimStore,
  key: string,
  work: () => Promise<T>,
  { signal, times = TIMES }: { readonly signal?: AbortSignal | undefined; readonly times?: ClaimTimes } = {},
): Promise<T> {
  const folder = `.meta/claims/${key}/`;
  const claim = `${folder}${randomUUID()}`;
  const put = (): Promise<boolean> => store.put(claim, Buffer.alloc(0), { size: 0, mode: 'replace' });
  const until = performance.now() + times.patience;
  for (let pause = 20; performance.now() < until; pause = Math.min(PAUSE, 2 * pause)) {
    await put();
    try {
      if (await isAlone(store, folder, claim, times.abandoned)) return await renewed(put, times.renewal, work);
    } finally {
      await store.delete(claim);
    }
    await after(Math.random() * pause, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
  throw new RefusalError('busy', 'the storage is busy with another write of the same object');
}

/** Keeps a claim young while its writer writes. The last renewal is over before the claim is taken back. */
async function renewed<T>(put: () => Promise<unknown>, interval: number, work: () => Promise<T>): Promise<T> {
  let renewal: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => (renewal = renewal.then(put).catch(() => {})), interval);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    await renewal;
  }
}

async function isAlone(store: ClaimStore, folder: string, claim: string, abandoned: number): Promise<boolean> {
  let own: Date | undefined;
  const others: Date[] = [];
  for await (const { key, modified } of store.list(folder)) {
    if (key === claim) own = modified;
    else others.push(modified);
  }
  // Times are the server's own.
  return own !== undefined && others.every((other) => own.getTime() - other.getTime() > abandoned);
}
