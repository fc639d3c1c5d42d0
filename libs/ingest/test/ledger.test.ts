import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { indexKey, MemoryObjectStore, ObjectMetaStore, readBody, receiptKey, type MetaStore } from '#libs/storage';
import { Ledger, type Facts } from '../src/ledger.js';
import type { Receipt } from '../src/receipt.js';

const FACTS: Facts = {
  module: 'example.com/M',
  version: 'v1.0.0',
  source: 'proxy',
  tookMilliseconds: 12,
  zipBytes: 345,
  unzippedBytes: 678,
  files: 9,
  goModHash: 'h1:x',
  checks: ['zip-rules'],
};
const SECOND = 1_000_000_000n;
const TIMES = ['1970-01-01T00:00:01.000000000Z', '1970-01-01T00:00:02.000000000Z', '1970-01-01T00:00:03.000000000Z'];

let meta: ObjectMetaStore;
let stamps: number;

/** Each stamp a second after the former. */
const tick = () => Promise.resolve(BigInt(++stamps) * SECOND);

/** No removal comes between. */
const whileKept = () => Promise.resolve(true);

beforeEach(() => {
  meta = new ObjectMetaStore(new MemoryObjectStore());
  stamps = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

async function entries(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of meta.list('.meta/index/')) keys.push(key);
  return keys;
}

async function receipt(): Promise<Receipt | null> {
  const kept = await meta.get(receiptKey(FACTS));
  return kept && (JSON.parse((await readBody(kept.body)).toString('utf8')) as Receipt);
}

/** The store, but for one put that ends in its own way. */
function storeWhere(name: 'receipt' | 'entry', put: (go: () => Promise<boolean>) => Promise<boolean>): MetaStore {
  let used = false;
  const prefix = name === 'receipt' ? '.meta/receipts/' : '.meta/index/';
  const putOne: MetaStore['put'] = (key, bytes, mode) => {
    const go = () => meta.put(key, bytes, mode);
    if (used || !key.startsWith(prefix)) return go();
    used = true;
    return put(go);
  };
  return {
    stat: (key) => meta.stat(key),
    get: (key) => meta.get(key),
    put: putOne,
    putInTurn: async (objects) => {
      let written = 0;
      for (const { key, bytes, mode } of objects) {
        if (!(await putOne(key, bytes, mode))) break;
        written++;
      }
      return written;
    },
    list: (...args) => meta.list(...args),
    delete: (key) => meta.delete(key),
  };
}

describe('the ledger', () => {
  it('enters a version by a receipt and an index entry of the same time', async () => {
    await new Ledger(meta, tick, whileKept).enter(FACTS);
    expect(await receipt()).toEqual({ ...FACTS, stored: TIMES[0] });
    expect(await entries()).toEqual([indexKey(TIMES[0]!, FACTS)]);
  });

  it('enters a version once, whatever comes later', async () => {
    const ledger = new Ledger(meta, tick, whileKept);
    await ledger.enter(FACTS);
    await ledger.enter({ ...FACTS, source: 'direct' });
    expect(await ledger.amend(FACTS)).toBe(true);
    expect(await receipt()).toEqual({ ...FACTS, stored: TIMES[0] });
    expect(await entries()).toEqual([indexKey(TIMES[0]!, FACTS)]);
  });

  it('enters a version once when several jobs do it at the same time', async () => {
    const ledgers = Array.from({ length: 8 }, () => new Ledger(meta, () => Promise.resolve(SECOND), whileKept));
    await Promise.all(ledgers.flatMap((ledger) => [ledger.enter(FACTS), ledger.amend(FACTS)]));
    expect(await entries()).toEqual([indexKey(TIMES[0]!, FACTS)]);
    expect((await receipt())?.stored).toBe(TIMES[0]);
  });

  it('has nothing to amend without a receipt', async () => {
    expect(await new Ledger(meta, tick, whileKept).amend(FACTS)).toBe(false);
    expect(await entries()).toEqual([]);
  });

  it('makes up, at a new time, for an entry that a dead worker left out', async () => {
    const died = storeWhere('entry', () => Promise.reject(new Error('died')));
    await expect(new Ledger(died, tick, whileKept).enter(FACTS)).rejects.toThrow('died');
    expect(await entries()).toEqual([]);
    expect(await new Ledger(meta, tick, whileKept).amend(FACTS)).toBe(true);
    expect(await receipt()).toEqual({ ...FACTS, stored: TIMES[1] });
    expect(await entries()).toEqual([indexKey(TIMES[1]!, FACTS)]);
  });

  it('writes an entry again that came so late that readers may have gone past it', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const slow = storeWhere('entry', async (go) => {
      const done = await go();
      vi.advanceTimersByTime(3_000);
      return done;
    });
    await new Ledger(slow, tick, whileKept).enter(FACTS);
    expect(await entries()).toEqual([indexKey(TIMES[1]!, FACTS)]);
    expect((await receipt())?.stored).toBe(TIMES[1]);
  });

  it('leaves a late entry out when another job has entered the version meanwhile', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const overtaken = storeWhere('entry', async (go) => {
      vi.advanceTimersByTime(3_000);
      await new Ledger(meta, tick, whileKept).amend(FACTS);
      return go();
    });
    await new Ledger(overtaken, tick, whileKept).enter(FACTS);
    expect(await entries()).toEqual([indexKey(TIMES[1]!, FACTS)]);
    expect((await receipt())?.stored).toBe(TIMES[1]);
  });

  it('takes back the entry of a version whose files were removed while it was written', async () => {
    await new Ledger(meta, tick, () => Promise.resolve(false)).enter(FACTS);
    expect(await receipt()).toBeNull();
    expect(await entries()).toEqual([]);
  });
});
