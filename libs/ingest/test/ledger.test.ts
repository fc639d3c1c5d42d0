import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { indexKey, MemoryObjectStore, putInTurn, readBody, receiptKey, type ObjectStore } from '#libs/storage';
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

let objects: ObjectStore;
let stamps: number;

/** Each stamp a second after the former. */
const tick = () => Promise.resolve(BigInt(++stamps) * SECOND);

/** No removal comes between. */
const whileKept = () => Promise.resolve(true);

beforeEach(() => {
  objects = new MemoryObjectStore();
  stamps = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

async function entries(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of objects.list('.meta/index/')) keys.push(key);
  return keys;
}

async function receipt(): Promise<Receipt | null> {
  const kept = await objects.get(receiptKey(FACTS));
  return kept && (JSON.parse((await readBody(kept.body)).toString('utf8')) as Receipt);
}

/** The store, but for one put that ends in its own way. */
function storeWhere(
  name: 'receipt' | 'entry',
  put: (go: () => Promise<boolean>) => Promise<boolean>,
): Pick<ObjectStore, 'get' | 'putInTurn' | 'delete'> {
  let used = false;
  const prefix = name === 'receipt' ? '.meta/receipts/' : '.meta/index/';
  const putOne: ObjectStore['put'] = (key, ...rest) => {
    const go = () => objects.put(key, ...rest);
    if (used || !key.startsWith(prefix)) return go();
    used = true;
    return put(go);
  };
  return {
    get: (key) => objects.get(key),
    putInTurn: (series) => putInTurn({ put: putOne }, series),
    delete: (key) => objects.delete(key),
  };
}

const file = (key: string) => ({ key, bytes: Buffer.from(key), mode: 'create' as const });

describe('the ledger', () => {
  it('enters a version by a receipt and an index entry of the same time', async () => {
    await new Ledger(objects, tick, whileKept).enter(FACTS);
    expect(await receipt()).toEqual({ ...FACTS, stored: TIMES[0] });
    expect(await entries()).toEqual([indexKey(TIMES[0]!, FACTS)]);
  });

  it('stores files that come with a version in front of its receipt, and enters it only if all of them are new', async () => {
    const ledger = new Ledger(objects, tick, whileKept);
    expect(await ledger.enter(FACTS, [file('a/mod'), file('a/info')])).toBe(2);
    expect(await receipt()).toEqual({ ...FACTS, stored: TIMES[0] });

    const other = { ...FACTS, version: 'v1.1.0' };
    expect(await ledger.enter(other, [file('b/mod'), file('a/info'), file('b/zip')])).toBe(1);
    expect(await objects.stat('b/zip')).toBeNull();
    expect(await objects.stat(receiptKey(other))).toBeNull();
    expect(await entries()).toEqual([indexKey(TIMES[0]!, FACTS)]);
  });

  it('enters a version once, whatever comes later', async () => {
    const ledger = new Ledger(objects, tick, whileKept);
    await ledger.enter(FACTS);
    await ledger.enter({ ...FACTS, source: 'direct' });
    expect(await ledger.amend(FACTS)).toBe(true);
    expect(await receipt()).toEqual({ ...FACTS, stored: TIMES[0] });
    expect(await entries()).toEqual([indexKey(TIMES[0]!, FACTS)]);
  });

  it('enters a version once when several jobs do it at the same time', async () => {
    const ledgers = Array.from({ length: 8 }, () => new Ledger(objects, () => Promise.resolve(SECOND), whileKept));
    await Promise.all(ledgers.flatMap((ledger) => [ledger.enter(FACTS), ledger.amend(FACTS)]));
    expect(await entries()).toEqual([indexKey(TIMES[0]!, FACTS)]);
    expect((await receipt())?.stored).toBe(TIMES[0]);
  });

  it('has nothing to amend without a receipt', async () => {
    expect(await new Ledger(objects, tick, whileKept).amend(FACTS)).toBe(false);
    expect(await entries()).toEqual([]);
  });

  it('makes up, at a new time, for an entry that a dead worker left out', async () => {
    const died = storeWhere('entry', () => Promise.reject(new Error('died')));
    await expect(new Ledger(died, tick, whileKept).enter(FACTS)).rejects.toThrow('died');
    expect(await entries()).toEqual([]);
    expect(await new Ledger(objects, tick, whileKept).amend(FACTS)).toBe(true);
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
      await new Ledger(objects, tick, whileKept).amend(FACTS);
      return go();
    });
    await new Ledger(overtaken, tick, whileKept).enter(FACTS);
    expect(await entries()).toEqual([indexKey(TIMES[1]!, FACTS)]);
    expect((await receipt())?.stored).toBe(TIMES[1]);
  });

  it('takes back the entry of a version whose files were removed while it was written', async () => {
    await new Ledger(objects, tick, () => Promise.resolve(false)).enter(FACTS);
    expect(await receipt()).toBeNull();
    expect(await entries()).toEqual([]);
  });
});
