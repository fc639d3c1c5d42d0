import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MemoryObjectStore, ObjectMetaStore } from '#libs/storage';
import { SumdbClient } from '#libs/sumdb';
import { startTestDatabase, type TestDatabase } from './support/test-database.js';
import { keysOf, lookup, refusalOf, SIGNAL, startWorker, storedAt, version } from './support/worker.js';

let database: TestDatabase;
let store: MemoryObjectStore;
let names = 0;
let log: string;

beforeAll(async () => {
  database = await startTestDatabase();
});
afterAll(() => database.close());
beforeEach(() => {
  store = new MemoryObjectStore();
  log = `log${names++}`;
});

/** The hashes of a version as the database says them itself. */
async function truth(id: number): Promise<{ zip: string; goMod: string }> {
  const lines = (await database.answer(log, lookup(id))).toString('utf8').split('\n');
  return { zip: lines[1]?.split(' ')[2] ?? '', goMod: lines[2]?.split(' ')[2] ?? '' };
}

async function fullKeys(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list('.meta/sumdb/')) keys.push(key);
  return keys;
}

describe('a lookup', () => {
  it('gives the hashes of the zip and the go.mod', async () => {
    await database.grow(log, 300);
    const { client } = startWorker(database, store, log);
    for (const id of [0, 7, 255, 256, 299, 300])
      expect(await client.checksums(version(id), SIGNAL)).toEqual(await truth(id));
  });

  it('escapes upper case in its path', async () => {
    const { client, middleman } = startWorker(database, store, log);
    await client.checksums({ module: 'example.com/Azure', version: 'v1.0.0-RC1' }, SIGNAL);
    expect(middleman.asked[0]).toBe('lookup/example.com/!azure@v1.0.0-!r!c1');
  });

  it('is stored with its tree head and its full tiles, so that a worker to come asks nothing again', async () => {
    await database.grow(log, 300);
    await startWorker(database, store, log).client.checksums(version(7), SIGNAL);
    expect(await keysOf(store)).toEqual([lookup(7), 'tile/8/0/000', 'tree/00000000000000000300']);

    const next = startWorker(database, store, log);
    expect(await next.client.checksums(version(7), SIGNAL)).toEqual(await truth(7));
    expect(next.middleman.asked).toEqual([]);
    await next.client.checksums(version(8), SIGNAL);
    expect(next.middleman.asked).not.toContain('tile/8/0/000');
  });

  it('of a version that the database does not know is passed on as not found', async () => {
    const { client } = startWorker(database, store, log);
    expect(await refusalOf(client.checksums({ module: 'absent.test/x', version: 'v1.0.0' }, SIGNAL))).toBe(
      'not-found: absent.test/x@v1.0.0: the database says 404',
    );
    expect(await keysOf(store)).toEqual([]);
  });

  it('ends when its caller goes away, and goes on for the others', async () => {
    await database.grow(log, 5);
    const { client, middleman } = startWorker(database, store, log);
    const leaving = new AbortController();
    middleman.lie = (_, answer) => {
      leaving.abort(new Error('gone'));
      return answer;
    };
    const [left, stayed] = await Promise.allSettled([
      client.checksums(version(1), leaving.signal),
      client.checksums(version(1), SIGNAL),
    ]);
    expect(left).toMatchObject({ status: 'rejected', reason: { message: 'gone' } });
    expect(stayed).toMatchObject({ status: 'fulfilled', value: await truth(1) });
  });

  it('is not fetched any further when nobody waits for it', async () => {
    const leaving = new AbortController();
    const asked = Promise.withResolvers<AbortSignal>();
    const client = new SumdbClient({
      verifierKey: database.verifierKey,
      meta: new ObjectMetaStore(store),
      remote: (_, { signal }) => {
        asked.resolve(signal);
        return once(signal, 'abort').then(() => Promise.reject(signal.reason as Error));
      },
    });
    const left = client.checksums(version(1), leaving.signal);
    const signal = await asked.promise;
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(signal.aborted).toBe(true);
  });

  it('is asked anew after a failure', async () => {
    await database.grow(log, 5);
    const { client, middleman } = startWorker(database, store, log);
    middleman.lie = () => {
      throw new Error('cut off');
    };
    await expect(client.checksums(version(1), SIGNAL)).rejects.toThrow('cut off');
    middleman.lie = (_, answer) => answer;
    expect(await client.checksums(version(1), SIGNAL)).toEqual(await truth(1));
  });
});

describe('many lookups at once', () => {
  it('ask each thing once, and few tiles while the tree grows with each of them', async () => {
    const { client, middleman } = startWorker(database, store, log);
    const ids = Array.from({ length: 330 }, (_, id) => id);
    const found = await Promise.all(ids.flatMap((id) => [id, id]).map((id) => client.checksums(version(id), SIGNAL)));
    expect(found[12]).toEqual(await truth(6));
    expect(middleman.asked).toHaveLength(new Set(middleman.asked).size);
    expect(middleman.tiles.length).toBeLessThan(100);
  });

  it('prove the largest of the tree heads that they bring, and with it all others', async () => {
    const answers: Buffer[] = [];
    for (let id = 0; id < 20; id++) answers.push(await database.answer(log, lookup(id)));
    const { client, middleman } = startWorker(database, store, log);
    const all = Promise.withResolvers<void>();
    let here = 0;
    middleman.lie = async (path, answer) => {
      const recorded = answers[Number(/m(\d+)@/.exec(path)?.[1])];
      if (!recorded) return answer;
      if (++here === answers.length) all.resolve();
      await all.promise;
      return recorded;
    };
    await Promise.all(answers.map((_, id) => client.checksums(version(id), SIGNAL)));
    expect(middleman.tiles).toEqual(['tile/8/0/000.p/20']);
    expect((await keysOf(store)).filter((key) => key.startsWith('tree/'))).toEqual(['tree/00000000000000000020']);
  });

  it('are not held up by one that brings a false head', async () => {
    const answers: Buffer[] = [];
    for (let id = 0; id < 5; id++) answers.push(await database.answer(log, lookup(id)));
    const { client, middleman } = startWorker(database, store, log);
    const all = Promise.withResolvers<void>();
    let here = 0;
    const forged = await database.sign(`go.sum database tree\n9\n${'A'.repeat(43)}=\n`);
    middleman.lie = async (path, answer) => {
      const recorded = answers[Number(/m(\d+)@/.exec(path)?.[1])];
      if (!recorded) return answer;
      if (++here === answers.length) all.resolve();
      await all.promise;
      const record = recorded.subarray(0, recorded.indexOf('\n\n') + 2);
      return path === lookup(2) ? Buffer.concat([record, forged]) : recorded;
    };
    const found = await Promise.allSettled(answers.map((_, id) => client.checksums(version(id), SIGNAL)));
    expect(found.map(({ status }) => status)).toEqual(
      [0, 1, 2, 3, 4].map((id) => (id === 2 ? 'rejected' : 'fulfilled')),
    );
  });

  it('prove nothing twice: of a known tree one leaf tile serves 256 records', async () => {
    await database.grow(log, 600);
    const { client, middleman } = startWorker(database, store, log);
    await client.checksums(version(0), SIGNAL);
    const before = middleman.tiles.length;
    for (let id = 1; id < 512; id++) await client.checksums(version(id), SIGNAL);
    expect(middleman.tiles.slice(before)).toEqual(['tile/8/0/001']);
  });
});

describe('the tree', () => {
  it('grows from nothing past the edges of tiles and of levels', async () => {
    const { client } = startWorker(database, store, log);
    for (const size of [1, 2, 255, 256, 257, 511, 512, 513, 1000, 65_535, 65_536, 65_537, 66_000]) {
      await database.grow(log, size);
      for (const id of [0, size >> 1, size - 1]) {
        const path = lookup(id);
        expect([size, id, await client.checksums(version(id), SIGNAL).then(() => keysOf(store))]).toEqual([
          size,
          id,
          expect.arrayContaining([path]),
        ]);
      }
    }
    const heads = (await keysOf(store)).filter((key) => key.startsWith('tree/'));
    expect(heads.at(-1)).toBe('tree/00000000000000066000');
    expect(heads.length).toBeLessThanOrEqual(2);
  }, 120_000);

  it('takes an older head that is part of it for what it is: old', async () => {
    await database.grow(log, 5);
    const old = await database.answer(log, lookup(3));
    await database.grow(log, 700);
    const { client, middleman } = startWorker(database, store, log);
    await client.checksums(version(650), SIGNAL);
    middleman.lie = (path, answer) => (path === lookup(3) ? old : answer);
    expect(await client.checksums(version(3), SIGNAL)).toEqual(await truth(3));
    expect(await storedAt(store, lookup(3))).toEqual(old);
  });

  it('is proven with the tiles of the database where stored ones are damaged, which are stored anew', async () => {
    await database.grow(log, 300);
    await startWorker(database, store, log).client.checksums(version(7), SIGNAL);
    const key = (await fullKeys()).find((one) => one.endsWith('/tile/8/0/000'))!;
    const whole = (await storedAt(store, 'tile/8/0/000'))!;
    await store.put(key, Buffer.from(whole).fill(0, 0, 32), { size: whole.length, mode: 'replace' });

    const { client, middleman } = startWorker(database, store, log);
    expect(await client.checksums(version(8), SIGNAL)).toEqual(await truth(8));
    expect(middleman.asked).toContain('tile/8/0/000');
    expect(await storedAt(store, 'tile/8/0/000')).toEqual(whole);
  });

  it('may have lost its partial tiles to full ones', async () => {
    await database.grow(log, 200);
    const old = await database.answer(log, lookup(3));
    await database.grow(log, 300);
    const { client, middleman } = startWorker(database, store, log);
    middleman.lie = (path, answer) => {
      if (path === 'tile/8/0/000.p/200') throw new Error('gone');
      return path === lookup(3) ? old : answer;
    };
    expect(await client.checksums(version(3), SIGNAL)).toEqual(await truth(3));
    expect(middleman.tiles).toEqual(['tile/8/0/000.p/200', 'tile/8/0/000']);
  });
});

describe('what is kept for clients', () => {
  beforeEach(() => database.grow(log, 300));

  it.each([
    'latest',
    lookup(5),
    'tile/8/0/000',
    'tile/8/0/001.p/44',
    'tile/8/0/001.p/3',
    'tile/8/1/000.p/1',
    'tile/8/data/000',
    'tile/8/data/001.p/44',
    'tile/8/data/001.p/2',
  ])('%s is what the database says', async (path) => {
    const { client } = startWorker(database, store, log);
    await client.keep(path, SIGNAL);
    expect(await storedAt(store, path)).toEqual(await database.answer(log, path));
  });

  it('a partial tile of any width comes without a question, once the tree is known', async () => {
    const { client, middleman } = startWorker(database, store, log);
    await client.keep('latest', SIGNAL);
    await client.keep('tile/8/0/001.p/44', SIGNAL);
    const before = middleman.asked.length;
    await client.keep('tile/8/0/001.p/9', SIGNAL);
    expect(middleman.asked).toHaveLength(before);
    expect(await storedAt(store, 'tile/8/0/001.p/9')).toEqual(await database.answer(log, 'tile/8/0/001.p/9'));
  });

  it('the latest head never goes back', async () => {
    const old = await database.answer(log, 'latest');
    await database.grow(log, 400);
    const { client, middleman } = startWorker(database, store, log);
    await client.keep('latest', SIGNAL);
    middleman.lie = () => old;
    await client.keep('latest', SIGNAL);
    expect(await storedAt(store, 'latest')).toEqual(await database.answer(log, 'latest'));
  });

  it('a tile beyond the tree is not found, and not asked for', async () => {
    const { client, middleman } = startWorker(database, store, log);
    for (const path of [
      'tile/8/0/001.p/45',
      'tile/8/0/002',
      'tile/8/1/000.p/2',
      'tile/8/6/x999/999',
      'tile/8/data/001.p/45',
      'tile/8/63/000',
    ])
      expect(await refusalOf(client.keep(path, SIGNAL))).toBe(
        `not-found: ${path}: beyond the tree of the checksum database`,
      );
    expect(middleman.tiles.sort()).toEqual(['tile/8/0/001.p/44', 'tile/8/1/000.p/1']);
  });

  it('a tile that the tree has grown to meanwhile is found', async () => {
    const { client } = startWorker(database, store, log);
    await client.keep('latest', SIGNAL);
    await database.grow(log, 310);
    await client.keep('tile/8/0/001.p/54', SIGNAL);
    expect(await storedAt(store, 'tile/8/0/001.p/54')).toEqual(await database.answer(log, 'tile/8/0/001.p/54'));
  });

  it('a lookup is stored again when the store has lost it', async () => {
    const { client } = startWorker(database, store, log);
    await client.keep(lookup(5), SIGNAL);
    const [key] = (await Array.fromAsync(store.list('.meta/')))
      .map((entry) => entry.key)
      .filter((one) => one.endsWith(lookup(5)));
    await store.delete(key ?? '');
    await client.keep(lookup(5), SIGNAL);
    expect(await keysOf(store)).toContain(lookup(5));
  });

  it('nothing else is asked', async () => {
    const { client, middleman } = startWorker(database, store, log);
    for (const path of ['supported', 'tile/4/0/000', 'lookup/example.com/x', '../latest', 'tree/00000000000000000300'])
      expect(await refusalOf(client.keep(path, SIGNAL))).toContain('not-found');
    expect(middleman.asked).toEqual([]);
  });
});
