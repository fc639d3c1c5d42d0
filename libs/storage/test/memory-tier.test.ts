import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Metrics } from '#libs/observability';
import { FsObjectStore, MemoryTier, readBody, type ObjectStore } from '#libs/storage';
import { GatedStore } from './gated-store.js';

const LIMITS = { maxBytes: 4 * 1024 * 1024, mutableMaxAge: 60_000 };

async function put(store: ObjectStore, key: string, text: string): Promise<void> {
  await store.put(key, Buffer.from(text), { size: Buffer.byteLength(text), mode: 'replace' });
}

describe('MemoryTier', () => {
  const LIST = 'example.com/a/@v/list';
  const INFO = 'example.com/a/@v/v1.0.0.info';
  let inner: GatedStore;
  let tier: MemoryTier;

  beforeEach(() => {
    inner = new GatedStore();
    tier = new MemoryTier(inner, LIMITS);
  });

  const read = async (key: string): Promise<string | null> => {
    const found = await tier.get(key);
    return found && `${(await readBody(found.body)).toString()} from ${found.tier}`;
  };

  it('reads a small object once, whole or in parts, then answers by itself', async () => {
    await put(inner, INFO, '0123456789');
    expect(await read(INFO)).toBe('0123456789 from storage');
    expect(await read(INFO)).toBe('0123456789 from memory');
    const part = await tier.get(INFO, { start: 2, end: 4 });
    expect([part!.tier, part!.stat.size, part!.body]).toEqual(['memory', 10, Buffer.from('234')]);
    await inner.delete(INFO);
    expect(await tier.stat(INFO)).toMatchObject({ size: 10 });
    expect(inner.reads).toBe(1);
  });

  it('does not keep large objects, nor absence', async () => {
    const size = 1024 * 1024 + 1;
    await inner.put('large', Buffer.alloc(size), { size, mode: 'create' });
    for (let n = 0; n < 2; n++) expect((await tier.get('large'))!.tier).toBe('storage');
    expect(await read('later')).toBeNull();
    await put(inner, 'later', 'x');
    expect(await read('later')).toBe('x from storage');
  });

  it('drops the least recently used when it is full', async () => {
    const size = 1024 * 1024 - 4096;
    for (const key of ['k/1', 'k/2', 'k/3', 'k/4', 'k/5']) {
      await inner.put(key, Buffer.alloc(size), { size, mode: 'create' });
    }
    for (const key of ['k/1', 'k/2', 'k/3', 'k/4', 'k/1', 'k/5']) await tier.get(key);
    expect((await tier.get('k/1'))!.tier).toBe('memory');
    expect((await tier.get('k/2'))!.tier).toBe('storage');
  });

  it('shares one read among those who ask at once', async () => {
    await put(inner, INFO, 'x');
    const open = inner.hold();
    const readers = [read(INFO), read(INFO), read(INFO)];
    open();
    expect(await Promise.all(readers)).toEqual(Array(3).fill('x from storage'));
    expect(inner.reads).toBe(1);
  });

  it('reads once more for those who joined a read that found nothing: meanwhile it may have been stored', async () => {
    const open = inner.hold();
    const early = read(INFO);
    const late = [read(INFO), read(INFO)];
    await put(inner, INFO, 'x');
    open();
    expect([await early, ...(await Promise.all(late))]).toEqual([null, 'x from storage', 'x from storage']);
    expect(inner.reads).toBe(2);
  });

  it('reads once more for those who joined a read of a last answer', async () => {
    await put(inner, LIST, 'old');
    const open = inner.hold();
    const early = read(LIST);
    const late = [read(LIST), read(LIST)];
    await put(inner, LIST, 'new');
    open();
    expect([await early, ...(await Promise.all(late))]).toEqual([
      'old from storage',
      'new from storage',
      'new from storage',
    ]);
    expect(inner.reads).toBe(2);
  });

  it('counts what an entry takes beside its bytes, and what it drops', async () => {
    const metrics = new Metrics();
    tier = new MemoryTier(inner, { maxBytes: 100 * 1024, mutableMaxAge: 0, metrics });
    const keys = Array.from({ length: 1000 }, (_, n) => `example.com/m${n}/@v/v1.0.0.info`);
    for (const key of keys) await put(inner, key, '{}');
    for (const key of keys) await read(key);
    const bytes = (await metrics.cacheBytes.get()).values[0]!.value;
    expect(bytes).toBeGreaterThan(90 * 1024);
    expect(bytes).toBeLessThanOrEqual(100 * 1024);
    // A hundred bytes of content, and yet it is full.
    const evicted = (await metrics.cacheEvictions.get()).values[0]!.value;
    expect(evicted).toBeGreaterThan(900);
    expect((await tier.get(keys[999]!))!.tier).toBe('memory');
    tier.forget(keys[999]!);
    expect((await metrics.cacheBytes.get()).values[0]!.value).toBeLessThan(bytes);
  });

  it.each([99_999, 100_001])('does not take %d bytes for an object of 100,000', async (length) => {
    const stat = { size: 100_000, modified: new Date(), etag: 'x' };
    const body = Readable.from([Buffer.alloc(50_000), Buffer.alloc(length - 50_000)], { objectMode: false });
    vi.spyOn(inner, 'get').mockResolvedValueOnce({ stat, body, tier: 'storage' });
    await expect(tier.get(INFO)).rejects.toThrow('another size');
    expect(await read(INFO)).toBeNull();
  });

  it('shares a failure too, and asks again after it', async () => {
    await put(inner, INFO, 'x');
    vi.spyOn(inner, 'get').mockRejectedValueOnce(new Error('broken'));
    const readers = await Promise.allSettled([read(INFO), read(INFO)]);
    expect(readers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await read(INFO)).toBe('x from storage');
  });

  it.each(['there', 'stored while they ask'])(
    'gives each reader of a large object that is %s a stream of its own',
    async (when) => {
      const root = await mkdtemp(join(tmpdir(), 'stoa-tier-'));
      const folder = new FsObjectStore({ root });
      const overFs = new MemoryTier(folder, LIMITS);
      await overFs.open();
      const size = 2 * 1024 * 1024;
      await overFs.put('large', Buffer.alloc(size, 7), { size, mode: 'create' });
      if (when !== 'there') vi.spyOn(folder, 'get').mockResolvedValueOnce(null);
      const found = await Promise.all(Array.from({ length: 4 }, () => overFs.get('large')));
      const bodies = found.flatMap((one) => one?.body ?? []);
      expect(bodies.length).toBe(when === 'there' ? 4 : 3);
      expect(new Set(bodies).size).toBe(bodies.length);
      for (const body of bodies) expect((await readBody(body)).equals(Buffer.alloc(size, 7))).toBe(true);
      await overFs.close();
      await rm(root, { recursive: true });
    },
  );

  it.each([
    LIST,
    'example.com/a/@latest',
    '.meta/queries/example.com/a/@v/main.json',
    '.meta/sumdb/sum.example.com/latest',
  ])('gives %s while its stored copy is young, then reads it again', async (key) => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    try {
      await put(inner, key, 'old');
      vi.setSystemTime(1_030_000);
      expect(await read(key)).toBe('old from storage');
      vi.setSystemTime(1_059_999);
      expect(await read(key)).toBe('old from memory');
      // Counted from when it was written, not from when it was loaded.
      vi.setSystemTime(1_060_000);
      expect(await read(key)).toBe('old from storage');
      expect(await read(key)).toBe('old from storage');
      await put(inner, key, 'new');
      expect(await read(key)).toBe('new from storage');
      expect(await read(key)).toBe('new from memory');
    } finally {
      vi.useRealTimers();
    }
  });

  it('gives for ever what never changes', async () => {
    const keys = [
      INFO,
      '.meta/sumdb/sum.example.com/lookup/example.com/a@v1.0.0',
      '.meta/receipts/example.com/a/@v/v1.0.0.json',
    ];
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    try {
      for (const key of keys) {
        await put(inner, key, 'x');
        await read(key);
      }
      vi.setSystemTime(1_000_000_000);
      for (const key of keys) expect(await read(key)).toBe('x from memory');
    } finally {
      vi.useRealTimers();
    }
  });

  it('is true after a put and a delete through it', async () => {
    await put(tier, LIST, 'one');
    await read(LIST);
    await put(tier, LIST, 'two');
    expect(await read(LIST)).toBe('two from storage');
    await tier.delete(LIST);
    expect(await read(LIST)).toBeNull();
  });

  it('forgets one object, or all last answers', async () => {
    for (const key of [LIST, INFO, 'example.com/b/@latest']) {
      await put(inner, key, 'old');
      await read(key);
      await put(inner, key, 'new');
    }
    tier.forget(INFO);
    expect(await read(INFO)).toBe('new from storage');
    expect(await read(LIST)).toBe('old from memory');
    tier.mistrust();
    expect(await read(LIST)).toBe('new from storage');
    expect(await read('example.com/b/@latest')).toBe('new from storage');
  });

  describe('after a gap in the news', () => {
    beforeEach(async () => {
      await put(inner, INFO, 'x');
      await read(INFO);
    });

    it('gives what never changes once it is found to be stored still', async () => {
      const looks = vi.spyOn(inner, 'stat');
      tier.mistrust();
      expect(tier.held(INFO)).toBeNull();
      expect(await read(INFO)).toBe('x from memory');
      expect(tier.held(INFO)?.bytes.toString()).toBe('x');
      expect(await read(INFO)).toBe('x from memory');
      expect(looks).toHaveBeenCalledTimes(1);
    });

    it('gives nothing that was deleted, and what took its place', async () => {
      await inner.delete(INFO);
      tier.mistrust();
      expect([await tier.stat(INFO), tier.held(INFO), await read(INFO)]).toEqual([null, null, null]);
      await put(inner, INFO, 'x');
      await read(INFO);
      await put(inner, INFO, 'y');
      tier.mistrust();
      expect(await read(INFO)).toBe('y from storage');
    });

    it('gives what it has while the storage fails', async () => {
      vi.spyOn(inner, 'stat').mockRejectedValue(new Error('broken'));
      tier.mistrust();
      expect(await read(INFO)).toBe('x from memory');
    });

    it('gives nothing that was deleted, once a storage that failed says so', async () => {
      const looks = vi.spyOn(inner, 'stat').mockRejectedValue(new Error('broken'));
      await inner.delete(INFO);
      tier.mistrust();
      vi.useFakeTimers({ toFake: ['performance'] });
      try {
        expect([await read(INFO), await read(INFO)]).toEqual(['x from memory', 'x from memory']);
        expect(looks).toHaveBeenCalledTimes(1);
        looks.mockRestore();
        vi.advanceTimersByTime(60_000);
        expect([tier.held(INFO), await read(INFO)]).toEqual([null, null]);
      } finally {
        vi.useRealTimers();
      }
    });

    it('asks about what a read brought that began before it, too', async () => {
      const other = 'example.com/a/@v/v2.0.0.info';
      await put(inner, other, 'z');
      const open = inner.hold();
      const early = read(other);
      await inner.delete(other);
      tier.mistrust();
      open();
      expect(await early).toBe('z from storage');
      expect(await read(other)).toBeNull();
    });
  });

  it.each(['forget', 'mistrust', 'put', 'delete'] as const)(
    'does not keep what a read brings that began before a %s',
    async (change) => {
      await put(inner, LIST, 'old');
      const open = inner.hold();
      const early = read(LIST);
      if (change === 'put') await put(tier, LIST, 'new');
      else if (change === 'delete') await tier.delete(LIST);
      else await put(inner, LIST, 'new');
      if (change === 'forget') tier.forget(LIST);
      if (change === 'mistrust') tier.mistrust();
      const late = read(LIST);
      open();
      expect(await early).toBe('old from storage');
      const expected = change === 'delete' ? null : 'new from storage';
      expect(await late).toBe(expected);
      expect(await read(LIST)).toBe(change === 'delete' ? null : 'new from memory');
    },
  );
});
