import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MemoryObjectStore, type ObjectStore } from '#libs/storage';
import { startTestDatabase, type TestDatabase } from './support/test-database.js';
import { keysOf, lookup, refusalOf, SIGNAL, startWorker, version } from './support/worker.js';

const FORK = 'forbidden: example.com/m3@v1.0.0: SECURITY ERROR: go.sum database server misbehavior detected: ';

let database: TestDatabase;
let store: MemoryObjectStore;
let names = 0;
/** Two logs of one database that are the same up to record 300, then not. */
let ours: string;
let theirs: string;

beforeAll(async () => {
  database = await startTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  store = new MemoryObjectStore();
  ours = `ours${names}`;
  theirs = `theirs${names++}`;
  await Promise.all([database.grow(ours, 300), database.grow(theirs, 300)]);
});

async function part(oursTo: number, theirsTo: number): Promise<void> {
  await Promise.all([database.grow(ours, oursTo), database.grow(theirs, theirsTo, 'other')]);
}

const believed = async (): Promise<string[]> => (await keysOf(store)).filter((key) => !key.startsWith('tile/'));
const heads = async (): Promise<string[]> => (await keysOf(store)).filter((key) => key.startsWith('tree/'));

describe('a tree that is no continuation of the known one is refused', () => {
  it.each([
    ['larger', 310, 700],
    ['of the same size', 310, 310],
    ['smaller', 700, 310],
    ['that shares only the empty tree', 310, 5],
  ])('%s', async (how, oursTo, theirsTo) => {
    if (how.includes('empty')) {
      theirs = `empty${names}`;
      await database.grow(ours, oursTo);
      await database.grow(theirs, theirsTo, 'other');
    } else await part(oursTo, theirsTo);
    const { client, middleman } = startWorker(database, store, ours);
    const known = await client.checksums(version(1), SIGNAL);
    const before = await believed();
    middleman.log = theirs;
    if (theirsTo < oursTo) {
      // Alone, the liar has no tiles to the known tree: nothing can be proven, so nothing is believed either.
      expect(await refusalOf(client.checksums(version(3), SIGNAL))).not.toBe('none');
      middleman.tileLog = ours;
    }
    expect(await refusalOf(client.checksums(version(3), SIGNAL))).toContain(FORK);
    expect(await refusalOf(client.keep('latest', SIGNAL))).toContain('SECURITY ERROR');
    expect(await believed()).toEqual(before);

    middleman.log = ours;
    expect(await client.checksums(version(1), SIGNAL)).toEqual(known);
    expect(await client.checksums(version(3), SIGNAL)).toBeTruthy();
  });

  it('after a restart too', async () => {
    await part(310, 700);
    await startWorker(database, store, ours).client.checksums(version(1), SIGNAL);
    const { client } = startWorker(database, store, theirs);
    expect(await refusalOf(client.checksums(version(3), SIGNAL))).toContain(FORK);
    expect(await heads()).toEqual(['tree/00000000000000000310']);
  });

  it('when another worker of the storage knows the other one', async () => {
    const [one, other] = [startWorker(database, store, ours), startWorker(database, store, theirs)];
    // Both know the common tree, then each is shown its own.
    await Promise.all([one.client.checksums(version(0), SIGNAL), other.client.checksums(version(1), SIGNAL)]);
    await part(310, 320);
    await one.client.checksums(version(2), SIGNAL);
    expect(await refusalOf(other.client.checksums(version(3), SIGNAL))).toContain(
      'forbidden: example.com/m3@v1.0.0: SECURITY',
    );
    expect(await heads()).not.toContain('tree/00000000000000000320');
    expect(await keysOf(store)).not.toContain(lookup(3));
    // The first is none the worse for it.
    await database.grow(ours, 330);
    expect(await one.client.checksums(version(329), SIGNAL)).toBeTruthy();
  });

  it.each([
    ['both of two workers that are shown trees of different sizes', 310, 320, 2],
    ['the second of two workers that are shown trees of one size', 310, 310, 1],
  ])('by %s at the same time', async (_, oursTo, theirsTo, refused) => {
    const meeting = bothStoreBeforeEitherLooks(store);
    const [one, other] = [startWorker(database, meeting.store, ours), startWorker(database, meeting.store, theirs)];
    await one.client.checksums(version(0), SIGNAL);
    await other.client.checksums(version(1), SIGNAL);
    await part(oursTo, theirsTo);
    meeting.begin();
    const answers = await Promise.allSettled([
      one.client.checksums(version(2), SIGNAL),
      other.client.checksums(version(3), SIGNAL),
    ]);
    // The tiles of the other's tree can't be had from its own side, so one may only know that it can't believe both.
    expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(refused);
    expect(answers).toContainEqual({
      status: 'rejected',
      reason: expect.objectContaining({ kind: 'forbidden', message: expect.stringContaining('SECURITY ERROR') }),
    });
    expect(await heads()).toHaveLength(1 + 2 - refused);
  });
});

describe('workers of one storage', () => {
  it('take up the head that another has reached, with no question about it', async () => {
    await startWorker(database, store, ours).client.checksums(version(1), SIGNAL);
    const { client, middleman } = startWorker(database, store, ours);
    await client.keep('tile/8/0/001.p/44', SIGNAL);
    expect(middleman.asked).not.toContain('latest');
  });

  it('go on from what any of them knows, and keep few heads', async () => {
    const workers = [1, 2, 3].map(() => startWorker(database, store, ours));
    for (let size = 301; size < 340; size += 3) {
      await database.grow(ours, size);
      await Promise.all(workers.map(({ client }, at) => client.checksums(version(size - 1 - at), SIGNAL)));
    }
    expect((await heads()).at(-1)).toBe('tree/00000000000000000337');
    expect((await heads()).length).toBeLessThan(8);
    // Whoever comes next tidies up.
    await database.grow(ours, 345);
    await startWorker(database, store, ours).client.checksums(version(344), SIGNAL);
    expect(await heads()).toEqual(['tree/00000000000000000337', 'tree/00000000000000000345']);
  });

  it('store a head before any answer that was believed for it', async () => {
    const order: string[] = [];
    const { client } = startWorker(
      database,
      watching(store, (key) => order.push(key)),
      ours,
    );
    await client.checksums(version(1), SIGNAL);
    expect(order.findIndex((key) => key.includes('/tree/'))).toBeLessThan(
      order.findIndex((key) => key.endsWith(lookup(1))),
    );
  });

  it('pass over a stored head that is not signed with the key', async () => {
    await startWorker(database, store, ours).client.checksums(version(1), SIGNAL);
    const [{ key } = { key: '' }] = (await Array.fromAsync(store.list('.meta/'))).filter((entry) =>
      entry.key.includes('/tree/'),
    );
    const forged = await database.sign(`go.sum database tree\n999\n${'A'.repeat(43)}=\n`, 'other');
    await store.put(key.replace(/\d+$/, '00000000000000000999'), forged, { size: forged.length, mode: 'create' });
    expect(await startWorker(database, store, ours).client.checksums(version(2), SIGNAL)).toBeTruthy();
  });
});

/** A store that tells which keys are put. */
function watching(inner: ObjectStore, put: (key: string) => void): ObjectStore {
  return before(inner, { put: async (key) => put(key) });
}

/** From `begin` on, lets two workers look for heads only when both have stored theirs. */
function bothStoreBeforeEitherLooks(inner: ObjectStore): { store: ObjectStore; begin(): void } {
  let stored = -Infinity;
  const both = Promise.withResolvers<void>();
  const gate = before(inner, { list: () => (stored > -Infinity ? both.promise : Promise.resolve()) });
  return {
    begin: () => (stored = 0),
    store: new Proxy(gate, {
      get(target, name: keyof ObjectStore) {
        const method = (target[name] as (...args: unknown[]) => unknown).bind(target);
        if (name !== 'put') return method;
        return async (...args: unknown[]) => {
          const done = await method(...args);
          if (String(args[0]).includes('/tree/') && ++stored === 2) both.resolve();
          return done;
        };
      },
    }),
  };
}

/** A store where something happens before puts or lists. */
function before(
  inner: ObjectStore,
  steps: { put?: (key: string) => Promise<unknown>; list?: () => Promise<void> },
): ObjectStore {
  return new Proxy(inner, {
    get(target, name: keyof ObjectStore) {
      const method = (target[name] as (...args: unknown[]) => unknown).bind(target);
      if (name === 'put' && steps.put)
        return async (...args: unknown[]) => {
          await steps.put?.(String(args[0]));
          return method(...args);
        };
      if (name === 'list' && steps.list)
        return async function* (...args: unknown[]) {
          await steps.list?.();
          yield* method(...args) as AsyncIterable<unknown>;
        };
      return method;
    },
  });
}
