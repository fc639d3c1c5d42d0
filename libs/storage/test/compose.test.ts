import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Metrics } from '#libs/observability';
import { FsObjectStore, MemoryObjectStore, MeteredObjectStore, openStorage } from '#libs/storage';

async function entriesOf<T>(list: AsyncIterable<T>): Promise<T[]> {
  const entries: T[] = [];
  for await (const entry of list) entries.push(entry);
  return entries;
}

describe('openStorage', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'stoa-open-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  const info = { kind: 'info', module: 'example.com/a', version: 'v1.0.0' } as const;
  const config = (memoryCache: number) => ({
    storage: { kind: 'fs' as const, root },
    memoryCache,
    diskCache: 0,
    dataDir: root,
    listTtl: 60_000,
  });
  const tiers = { log: { warn: () => {} } };

  it('measures the storage, not the memory before it', async () => {
    const metrics = new Metrics();
    const { modules, objects } = await openStorage(config(1024 * 1024), metrics, { tiers });
    await modules.save(info, Buffer.from('{}'), 2);
    for (let n = 0; n < 5; n++) expect((await modules.get(info))!.tier).toBe(n === 0 ? 'storage' : 'memory');
    expect(await countsOf(metrics)).toEqual({ 'fs put ok': 1, 'fs get ok': 1 });
    await objects.close();
  });

  it.each([
    ['its bound is 0', 0, { tiers }],
    ['the process must see what is stored', 1024 * 1024, {}],
  ])('keeps nothing in memory when %s', async (_, memoryCache, options) => {
    const { modules } = await openStorage(config(memoryCache), new Metrics(), options);
    await modules.save(info, Buffer.from('{}'), 2);
    for (let n = 0; n < 2; n++) expect((await modules.get(info))!.tier).toBe('storage');
  });

  it('keeps no copy of files that are near already', async () => {
    const { modules, objects } = await openStorage({ ...config(0), diskCache: 2 ** 30 }, new Metrics(), { tiers });
    const zip = { ...info, kind: 'zip' } as const;
    await modules.save(zip, Buffer.alloc(100_000), 100_000);
    for (let n = 0; n < 2; n++) expect((await modules.get(zip))!.tier).toBe('storage');
    await objects.close();
  });

  it('tells which folders of this machine it fills', async () => {
    const { folders, objects } = await openStorage(config(0), new Metrics());
    expect(folders).toEqual([root]);
    await objects.close();
  });

  it('throws when the storage can not serve', async () => {
    const store = new FsObjectStore({ root });
    await store.open();
    await store.put('file', Buffer.alloc(0), { size: 0, mode: 'create' });
    const wrong = { ...config(0), storage: { kind: 'fs' as const, root: join(root, 'file') } };
    await expect(openStorage(wrong, new Metrics())).rejects.toThrow();
  });
});

describe('MeteredObjectStore', () => {
  it('counts each operation by its outcome', async () => {
    const metrics = new Metrics();
    const inner = new MemoryObjectStore();
    const store = new MeteredObjectStore(inner, metrics);
    const options = { size: 1, mode: 'create' } as const;
    expect(await store.put('a/x', Buffer.from('x'), options)).toBe(true);
    expect(await store.put('a/x', Buffer.from('y'), options)).toBe(false);
    await store.get('a/x');
    await store.get('a/y');
    await store.stat('a/x');
    await store.stat('a/y');
    await store.delete('a/z');
    expect(await entriesOf(store.list('a/'))).toHaveLength(1);
    await expect(store.get('..')).rejects.toThrow(TypeError);
    vi.spyOn(inner, 'list').mockImplementation(async function* () {
      yield { key: 'a/x', size: 1, modified: new Date() };
      throw new Error('broken');
    });
    await expect(entriesOf(store.list('a/'))).rejects.toThrow('broken');
    expect(await countsOf(metrics)).toEqual({
      'memory put ok': 1,
      'memory put exists': 1,
      'memory get ok': 1,
      'memory get absent': 1,
      'memory get error': 1,
      'memory stat ok': 1,
      'memory stat absent': 1,
      'memory delete ok': 1,
      'memory list ok': 1,
      'memory list error': 1,
    });
  });
});

async function countsOf(metrics: Metrics): Promise<Record<string, number>> {
  const { values } = await metrics.storageDuration.get();
  const counts = values.filter(({ metricName }) => metricName?.endsWith('_count'));
  return Object.fromEntries(
    counts.map(({ labels: { backend, operation, outcome }, value }) => [`${backend} ${operation} ${outcome}`, value]),
  );
}
