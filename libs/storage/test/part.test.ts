import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { MemoryObjectStore, readBody, readPart } from '#libs/storage';

/** An object that is replaced as soon as its size is known, and counts how often its bytes are read. */
async function replacedObject() {
  const store = new MemoryObjectStore();
  const put = (text: string) => store.put('a', Buffer.from(text), { size: text.length, mode: 'replace' });
  await put('old');
  const seen = { reads: 0 };
  const object = {
    stat: async () => {
      const stat = await store.stat('a');
      await put('replaced');
      return stat;
    },
    get: async () => {
      seen.reads++;
      return store.get('a');
    },
  };
  return { object, seen };
}

describe('a part of a small object', () => {
  it('reads no bytes when nothing is wanted', async () => {
    const { object, seen } = await replacedObject();
    expect(await readPart(object, () => 'nothing')).toMatchObject({ stat: { size: 3 }, body: null });
    expect(seen.reads).toBe(0);
  });

  it('is chosen anew from the bytes that were read', async () => {
    const { object } = await replacedObject();
    const sizes: number[] = [];
    const part = await readPart(object, ({ size }) => {
      sizes.push(size);
      return { start: size - 2, end: size - 1 };
    });
    expect([sizes, (await readBody(part!.body!)).toString()]).toEqual([[3, 8], 'ed']);
  });

  it('is absent with its object', async () => {
    const store = new MemoryObjectStore();
    const object = { stat: () => store.stat('a'), get: () => store.get('a') };
    expect([await readPart(object), await readPart(object, () => 'all')]).toEqual([null, null]);
  });

  it('is read to its end, so that no stream is left open when nobody wants it after all', async () => {
    const stream = Readable.from([Buffer.from('by'), Buffer.from('tes')]);
    const stat = { size: 5, modified: new Date(0), etag: 'e' };
    const object = { stat: async () => stat, get: async () => ({ stat, body: stream, tier: 'storage' as const }) };
    expect([(await readPart(object))?.body, stream.destroyed]).toEqual([Buffer.from('bytes'), true]);
  });
});
