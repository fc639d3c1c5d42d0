import { describe, expect, it } from 'vitest';
import {
  indexKey,
  isMutableKey,
  MemoryObjectStore,
  moduleKey,
  ObjectMetaStore,
  parseIndexKey,
  parseReceiptKey,
  queryKey,
  readBody,
  receiptKey,
  sumdbKey,
} from '#libs/storage';

const VERSION = { module: 'github.com/Azure/SDK', version: 'v2.0.0-RC1+incompatible' };

async function entriesOf<T>(list: AsyncIterable<T>): Promise<T[]> {
  const entries: T[] = [];
  for await (const entry of list) entries.push(entry);
  return entries;
}

describe('the storage tree', () => {
  it.each([
    [moduleKey({ kind: 'info', ...VERSION }), 'github.com/!azure/!s!d!k/@v/v2.0.0-!r!c1+incompatible.info'],
    [moduleKey({ kind: 'mod', ...VERSION }), 'github.com/!azure/!s!d!k/@v/v2.0.0-!r!c1+incompatible.mod'],
    [moduleKey({ kind: 'zip', ...VERSION }), 'github.com/!azure/!s!d!k/@v/v2.0.0-!r!c1+incompatible.zip'],
    [moduleKey({ kind: 'list', module: VERSION.module }), 'github.com/!azure/!s!d!k/@v/list'],
    [moduleKey({ kind: 'latest', module: VERSION.module }), 'github.com/!azure/!s!d!k/@latest'],
    [receiptKey(VERSION), '.meta/receipts/github.com/!azure/!s!d!k/@v/v2.0.0-!r!c1+incompatible.json'],
    [
      indexKey('2026-01-02T03:04:05.000000006Z', VERSION),
      '.meta/index/2026-01-02T03:04:05.000000006Z/github.com/!azure/!s!d!k@v2.0.0-!r!c1+incompatible',
    ],
    [queryKey('example.com/a', 'Main'), '.meta/queries/example.com/a/@v/!main.json'],
    [sumdbKey('sum.example.com', 'tile/8/0/x001/234.p/5'), '.meta/sumdb/sum.example.com/tile/8/0/x001/234.p/5'],
  ])('has %s', (key, expected) => {
    expect(key).toBe(expected);
  });

  it('says of the keys of receipts and index entries what they are of', () => {
    expect(parseReceiptKey(receiptKey(VERSION))).toEqual(VERSION);
    const time = '2026-01-02T03:04:05.000000006Z';
    expect(parseIndexKey(indexKey(time, VERSION))).toEqual({ ...VERSION, time });
    for (const key of [
      moduleKey({ kind: 'info', ...VERSION }),
      queryKey('example.com/a', 'main'),
      '.meta/receipts/example.com/a/@v/master.json',
      '.meta/receipts/example.com/a/@v/v2.0.0.json',
      '.meta/receipts/example.com/A/@v/v1.0.0.json',
      '.meta/index/2026-01-02T03:04:05.000000006Z/example.com/a',
      '.meta/index/example.com/a@v1.0.0/x',
    ])
      expect([key, parseReceiptKey(key), parseIndexKey(key)]).toEqual([key, null, null]);
  });

  it('refuses as not found what could lead out of it', () => {
    const wrong = [
      () => moduleKey({ kind: 'list', module: '../../etc' }),
      () => moduleKey({ kind: 'info', module: 'example.com/a', version: '../../v1.0.0' }),
      () => receiptKey({ module: '.meta/index', version: 'v1.0.0' }),
      () => queryKey('example.com/a', 'feature/x'),
    ];
    for (const make of wrong) expect(make).toThrow(expect.objectContaining({ kind: 'not-found' }));
  });

  it.each([
    ['example.com/a/@v/list', true],
    ['example.com/a/@latest', true],
    ['.meta/queries/example.com/a/@v/main.json', true],
    ['.meta/sumdb/sum.example.com/latest', true],
    ['.meta/sumdb/sum.example.com/lookup/example.com/latest@v1.0.0', false],
    ['.meta/sumdb/sum.example.com/tile/8/0/000', false],
    ['.meta/receipts/example.com/a/@v/v1.0.0.json', false],
    ['example.com/a/@v/v1.0.0.info', false],
    ['example.com/latest/@v/v1.0.0.zip', false],
  ])('says of %s whether it is replaced from time to time: %s', (key, mutable) => {
    expect(isMutableKey(key)).toBe(mutable);
  });
});

describe('ObjectMetaStore', () => {
  it('puts, gives, lists in order and deletes what is below .meta/', async () => {
    const meta = new ObjectMetaStore(new MemoryObjectStore());
    const versions = ['v1.0.0', 'v1.1.0'].map((version) => ({ module: 'example.com/a', version }));
    const keys = versions.map((version, n) => indexKey(`2026-01-0${n + 1}T00:00:00.000000000Z`, version));
    for (const key of keys.toReversed()) expect(await meta.put(key, Buffer.alloc(0), 'create')).toBe(true);
    expect(await meta.put(keys[0]!, Buffer.from('x'), 'create')).toBe(false);
    expect(await meta.put(keys[0]!, Buffer.from('x'), 'replace')).toBe(true);
    expect(await readBody((await meta.get(keys[0]!))!.body)).toEqual(Buffer.from('x'));
    expect((await meta.stat(keys[0]!))?.size).toBe(1);

    const list = (startAfter?: string): Promise<{ readonly key: string }[]> =>
      entriesOf(meta.list('.meta/index/', startAfter));
    expect((await list()).map(({ key }) => key)).toEqual(keys);
    expect((await list('.meta/index/2026-01-01T12')).map(({ key }) => key)).toEqual([keys[1]]);
    await meta.delete(keys[0]!);
    expect(await meta.get(keys[0]!)).toBeNull();
  });

  it('has no way to the modules', async () => {
    const meta = new ObjectMetaStore(new MemoryObjectStore());
    await expect(meta.get('example.com/a/@v/list')).rejects.toThrow(TypeError);
    await expect(meta.stat('example.com/a/@v/list')).rejects.toThrow(TypeError);
    await expect(meta.put('example.com/a/@v/list', Buffer.alloc(0), 'replace')).rejects.toThrow(TypeError);
    await expect(meta.delete('.meta/../example.com/a/@v/list')).rejects.toThrow(TypeError);
    expect(() => meta.list('example.com/')).toThrow(TypeError);
  });
});
