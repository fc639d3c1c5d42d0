import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { Quarantine } from '#libs/ingest';
import { MemoryObjectStore, ObjectModuleStore, readBody, type ObjectStore } from '#libs/storage';
import { copyStoredZip } from '../src/stored-zip.js';

const KEY = 'example.com/m/@v/v1.0.0.zip';

async function storeWith(text: string): Promise<{ objects: MemoryObjectStore; etag: string }> {
  const objects = new MemoryObjectStore();
  await objects.put(KEY, Buffer.from(text), { size: text.length, mode: 'create' });
  return { objects, etag: (await objects.stat(KEY))!.etag };
}

async function contents(objects: ObjectStore): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { key } of objects.list(''))
    found.set(key, (await readBody((await objects.get(key))!.body)).toString());
  return found;
}

/** A store before another one that fails from its n-th operation on. */
function dyingAfter(inner: ObjectStore, operations: number): ObjectStore {
  return new Proxy(inner, {
    get: (store, name: keyof ObjectStore) => {
      const value = store[name] as unknown;
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (operations-- <= 0) return Promise.reject(new Error('died'));
        return (value as (...args: unknown[]) => unknown).apply(store, args);
      };
    },
  });
}

describe('the quarantine', () => {
  it('has the bytes whole and the reason beside, under legal keys', async () => {
    const { objects, etag } = await storeWith('bad');
    const to = await new Quarantine(objects).move({ key: KEY, etag }, 'no zip');
    expect(to).toMatch(/^\.meta\/quarantine\/example\.com\/m\/@v\/v1\.0\.0\.zip\.[0-9a-f]{12}$/);
    const kept = await contents(objects);
    expect([...kept.keys()]).toEqual([to, `${to}.json`]);
    expect(kept.get(to!)).toBe('bad');
    expect(JSON.parse(kept.get(`${to}.json`)!)).toMatchObject({ key: KEY, size: 3, reason: 'no zip' });
  });

  it('leaves alone what took the place of what was judged', async () => {
    const { objects, etag } = await storeWith('bad');
    await objects.put(KEY, Buffer.from('good'), { size: 4, mode: 'replace' });
    expect(await new Quarantine(objects).move({ key: KEY, etag }, 'no zip')).toBeNull();
    expect([...(await contents(objects)).values()]).toEqual(['good']);
  });

  it('never loses the only copy, wherever it dies, and ends the same when it is done again', async () => {
    for (let operations = 0; operations < 5; operations++) {
      const { objects, etag } = await storeWith('bad');
      const dying = new Quarantine(dyingAfter(objects, operations));
      await expect(dying.move({ key: KEY, etag }, 'no zip')).rejects.toThrow('died');
      expect([...(await contents(objects)).values()]).toContain('bad');
      const to = await new Quarantine(objects).move({ key: KEY, etag }, 'no zip');
      expect([...(await contents(objects)).keys()]).toEqual([to, `${to}.json`]);
    }
  });

  it('closes what it reads when it can not say why it does', async () => {
    const { objects, etag } = await storeWith('bad');
    const body = Readable.from([Buffer.from('bad')]);
    vi.spyOn(objects, 'get').mockImplementation(async (key) => ({
      stat: (await objects.stat(key))!,
      body,
      tier: 'storage',
    }));
    vi.spyOn(objects, 'put').mockRejectedValue(new Error('full'));
    await expect(new Quarantine(objects).move({ key: KEY, etag }, 'no zip')).rejects.toThrow('full');
    expect(body.destroyed).toBe(true);
  });
});

it('the copy of a stored zip that ends before it begins leaves nothing open', async () => {
  const { objects } = await storeWith('zip');
  const body = Readable.from([Buffer.from('zip')]);
  const stat = (await objects.stat(KEY))!;
  vi.spyOn(objects, 'get').mockResolvedValue({ stat, body, tier: 'storage' });
  const modules = new ObjectModuleStore(objects);
  const copy = copyStoredZip(modules, { module: 'example.com/m', version: 'v1.0.0' }, tmpdir(), AbortSignal.abort());
  await expect(copy).rejects.toThrow('aborted');
  expect(body.destroyed).toBe(true);
});
