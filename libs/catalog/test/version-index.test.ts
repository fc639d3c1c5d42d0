import { describe, expect, it } from 'vitest';
import { VersionIndex } from '#libs/catalog';
import { formatRfc3339, parseRfc3339 } from '#libs/protocol';
import { indexKey, MemoryObjectStore, ObjectMetaStore } from '#libs/storage';

const SECOND = 1_000_000_000n;
const NOW = parseRfc3339('2026-01-02T03:04:05Z')!;
const EVER = 0n;

/** An index whose clock says NOW, of entries `module@version` so many seconds ago. */
async function indexOf(entries: readonly (readonly [secondsAgo: number, version: string])[]) {
  const meta = new ObjectMetaStore(new MemoryObjectStore());
  for (const [secondsAgo, name] of entries) await write(meta, NOW - BigInt(Math.round(secondsAgo * 1e9)), name);
  return { meta, index: new VersionIndex(meta, () => Promise.resolve(NOW)) };
}

async function write(meta: ObjectMetaStore, time: bigint, name: string): Promise<void> {
  const [module = '', version = ''] = name.split('@');
  await meta.put(indexKey(formatRfc3339(time), { module, version }), Buffer.alloc(0), 'create');
}

async function read(index: VersionIndex, since = EVER, limit = 2000): Promise<string[]> {
  return (await index.read(since, limit)).map(({ Path, Version }) => `${Path}@${Version}`);
}

describe('the index', () => {
  it('is empty at first', async () => {
    expect(await read((await indexOf([])).index)).toEqual([]);
  });

  it('names path, version and time, decoded', async () => {
    const { index } = await indexOf([[60, 'github.com/Azure/x@v2.0.0-RC1+incompatible']]);
    expect(await index.read(EVER, 1)).toEqual([
      { Path: 'github.com/Azure/x', Version: 'v2.0.0-RC1+incompatible', Timestamp: '2026-01-02T03:03:05.000000000Z' },
    ]);
  });

  it('is ordered by time, then path, then version', async () => {
    const { index } = await indexOf([
      [10, 'a.b/c@v1.0.0'],
      [20, 'a.b/c/d@v1.0.0'],
      [20, 'a.b/c-d@v1.0.0'],
      [20, 'a.b/c@v1.1.0'],
      [20, 'a.b/c@v1.0.1'],
      [20, 'a.b/Z@v1.0.0'],
      [30, 'z.b/c@v1.0.0'],
    ]);
    const ordered = [
      'z.b/c@v1.0.0',
      'a.b/Z@v1.0.0',
      'a.b/c@v1.0.1',
      'a.b/c@v1.1.0',
      'a.b/c-d@v1.0.0',
      'a.b/c/d@v1.0.0',
      'a.b/c@v1.0.0',
    ];
    expect(await read(index)).toEqual(ordered);
    for (const limit of [1, 2, 3, 4, 5, 6, 7]) expect(await read(index, EVER, limit)).toEqual(ordered.slice(0, limit));
  });

  it('begins at a time, inclusive to the nanosecond', async () => {
    const { index } = await indexOf([
      [30, 'a.b/c@v1.0.0'],
      [20, 'a.b/c@v1.1.0'],
      [10, 'a.b/c@v1.2.0'],
    ]);
    const second = NOW - 20n * SECOND;
    expect(await read(index, second)).toEqual(['a.b/c@v1.1.0', 'a.b/c@v1.2.0']);
    expect(await read(index, second - 1n)).toHaveLength(2);
    expect(await read(index, second + 1n)).toEqual(['a.b/c@v1.2.0']);
    expect(await read(index, -SECOND)).toHaveLength(3);
    expect(await read(index, 10n ** 21n)).toEqual([]);
  });

  it('can be read on from the last time of each page, with nothing missed', async () => {
    const names = Array.from({ length: 30 }, (_, n) => [100 - Math.floor(n / 3), `a.b/m${n}@v1.0.0`] as const);
    const { index } = await indexOf(names);
    const seen = new Set<string>();
    for (let since = EVER, size = -1; seen.size !== size;) {
      size = seen.size;
      for (const entry of await index.read(since, 7)) {
        seen.add(entry.Path);
        since = parseRfc3339(entry.Timestamp)!;
      }
    }
    expect(seen.size).toBe(30);
  });

  it('holds back what is younger than five seconds by the clock of the stamps', async () => {
    const { meta, index } = await indexOf([
      [4.9, 'a.b/young@v1.0.0'],
      [5, 'a.b/settled@v1.0.0'],
      [-3600, 'a.b/future@v1.0.0'],
    ]);
    expect(await read(index)).toEqual(['a.b/settled@v1.0.0']);
    expect(await read(new VersionIndex(meta, () => Promise.resolve(NOW + SECOND)))).toEqual([
      'a.b/settled@v1.0.0',
      'a.b/young@v1.0.0',
    ]);
  });

  it('holds back more by its own clock when the other does not answer', async () => {
    const meta = new ObjectMetaStore(new MemoryObjectStore());
    const now = BigInt(Date.now()) * 1_000_000n;
    await write(meta, now - 3600n * SECOND, 'a.b/old@v1.0.0');
    await write(meta, now - 10n * SECOND, 'a.b/young@v1.0.0');
    const index = new VersionIndex(meta, () => Promise.reject(new Error('Redis does not answer')));
    expect(await read(index)).toEqual(['a.b/old@v1.0.0']);
  });

  it('passes over what is no entry', async () => {
    const { meta, index } = await indexOf([[20, 'a.b/c@v1.0.0']]);
    await meta.put('.meta/index/2026-01-01T00:00:00.000000000Z/nonsense', Buffer.alloc(0), 'create');
    expect(await read(index)).toEqual(['a.b/c@v1.0.0']);
  });

  it('lists no more than it needs', async () => {
    const { meta, index } = await indexOf(Array.from({ length: 50 }, (_, n) => [100 - n, `a.b/m${n}@v1.0.0`] as const));
    let listed = 0;
    const list = meta.list.bind(meta);
    meta.list = async function* counted(...args: Parameters<typeof list>) {
      for await (const entry of list(...args)) {
        listed++;
        yield entry;
      }
    };
    await index.read(NOW - 80n * SECOND, 5);
    expect(listed).toBe(6);
  });
});
