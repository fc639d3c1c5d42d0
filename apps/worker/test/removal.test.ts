import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Removal } from '#libs/ingest';
import { indexKey, MemoryObjectStore, type ObjectStore } from '#libs/storage';
import { CONTEXT, startWorking, type Working } from './working.js';

const VERSION = { module: 'example.com/m', version: 'v1.0.0' };
const FILES = 'example.com/m/@v/v1.0.0';
const RECEIPT = `.meta/receipts/${FILES}.json`;

let working: Working;
beforeAll(async () => {
  working = await startWorking();
  working.upstream.add(VERSION.module, VERSION.version, { files: { 'a.go': 'package a\n' } });
});
afterAll(() => working.close());

/** A store that calls `before` ahead of each operation, `changes`: that may change something. In turn is one by one. */
function watched(inner: ObjectStore, before: (changes: boolean) => Promise<void>): ObjectStore {
  const put: ObjectStore['put'] = async (...args) => (await before(true), inner.put(...args));
  const own: Partial<ObjectStore> = {
    put,
    putInTurn: async (objects) => {
      let stored = 0;
      for (const { key, bytes, mode } of objects) {
        if (!(await put(key, bytes, { size: bytes.length, mode }))) break;
        stored++;
      }
      return stored;
    },
    list: async function* (...args) {
      await before(false);
      yield* inner.list(...args);
    },
    stat: async (...args) => (await before(false), inner.stat(...args)),
    get: async (...args) => (await before(false), inner.get(...args)),
    delete: async (...args) => (await before(true), inner.delete(...args)),
  };
  return new Proxy(inner, {
    get: (store, name: keyof ObjectStore) => {
      const value: unknown = own[name] ?? store[name];
      return typeof value === 'function' && !(name in own) ? (value.bind(store) as unknown) : value;
    },
  });
}

/** A worker that stores a version; ahead of its operation `at`, a removal takes its first `steps`, the rest in the end. */
async function race(at: number, steps: number): Promise<{ keys: string[]; operations: number }> {
  const objects = new MemoryObjectStore();
  const [paused, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let [operations, removalSteps] = [0, 0];
  const removal = new Removal(
    watched(objects, async (changes) => {
      if (!changes || removalSteps++ !== steps) return;
      paused.resolve();
      await end.promise;
    }),
  );
  let removing: Promise<unknown> = Promise.resolve();
  const worker = working.worker(
    watched(objects, async () => {
      if (operations++ !== at) return;
      removing = removal.remove(VERSION);
      await Promise.race([removing, paused.promise]);
    }),
  );
  await worker['fetch.mod'](VERSION, CONTEXT);
  await worker['fetch.zip'](VERSION, CONTEXT);
  end.resolve();
  await removing;
  const keys: string[] = [];
  for await (const { key } of objects.list('')) keys.push(key);
  return { keys, operations };
}

/** Whether no file is there without those that it promises. */
function isWhole(keys: readonly string[]): boolean {
  const has = (key: string): boolean => keys.includes(key);
  const entries = keys.filter((key) => key.startsWith('.meta/index/'));
  return (
    (!has(`${FILES}.info`) || has(`${FILES}.mod`)) &&
    (!has(`${FILES}.zip`) || has(`${FILES}.mod`)) &&
    entries.length === (has(RECEIPT) ? 1 : 0) &&
    (!has(RECEIPT) || ['info', 'mod', 'zip'].every((kind) => has(`${FILES}.${kind}`)))
  );
}

describe('a version that is removed while a worker stores it', () => {
  it('is entered with all its files or not at all, whatever steps of both come between', async () => {
    const { operations } = await race(Infinity, Infinity);
    // A removal of all that there may be takes this many steps that change something.
    const steps = 5;
    const races = Array.from({ length: operations * (steps + 1) }, async (_, n) => {
      const [at, ahead] = [n % operations, Math.floor(n / operations)];
      const { keys } = await race(at, ahead);
      return isWhole(keys) ? [] : [`${ahead} steps of the removal ahead of ${at}: ${keys.join(' ')}`];
    });
    const broken = (await Promise.all(races)).flat();
    expect(broken).toEqual([]);
  });

  it('takes back what pins it, and what is said of it', async () => {
    const objects = new MemoryObjectStore();
    const worker = working.worker(objects);
    for (const job of ['fetch.mod', 'fetch.zip'] as const) await worker[job](VERSION, CONTEXT);
    await worker['query.list']({ module: VERSION.module }, CONTEXT);
    await worker['query.latest']({ module: VERSION.module }, CONTEXT);
    working.upstream.addRevision(VERSION.module, 'main', { Version: 'v1.0.0' });
    await worker['query.revision']({ module: VERSION.module, query: 'main' }, CONTEXT);
    const other = { module: 'example.com/m/v2', version: 'v2.0.0' };
    working.upstream.add(other.module, other.version);
    for (const job of ['fetch.mod', 'fetch.zip'] as const) await worker[job](other, CONTEXT);

    const { keys, versions } = await new Removal(objects).remove({ module: VERSION.module, version: null });
    expect(versions).toEqual([VERSION]);
    expect(keys.map((key) => (key.startsWith('.meta/index/') ? 'index' : key)).sort()).toEqual(
      [
        'index',
        `${FILES}.info`,
        `${FILES}.mod`,
        `${FILES}.zip`,
        RECEIPT,
        'example.com/m/@v/list',
        'example.com/m/@latest',
        '.meta/queries/example.com/m/@v/main.json',
      ].sort(),
    );
    const left: string[] = [];
    for await (const { key } of objects.list('')) left.push(key);
    expect(left.filter((key) => !key.includes('example.com/m/v2'))).toEqual([]);
    expect(left).toContain(indexKey('1970-01-01T00:00:01.000000000Z', other));
  });
});
