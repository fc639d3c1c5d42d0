import { describe, expect, it } from 'vitest';
import { takeInventory, type Item, type Target } from '#libs/ingest';
import { MemoryObjectStore } from '#libs/storage';

const KEYS = [
  '.meta/index/2026-01-01T00:00:00.000000000Z/example.com/a@v1.0.0',
  '.meta/quarantine/example.com/a/@v/v1.0.0.zip.0123456789ab',
  '.meta/queries/example.com/a/@v/main.json',
  '.meta/receipts/example.com/a/@v/v1.0.0.json',
  '.meta/receipts/example.com/lost/@v/v1.0.0.json',
  '.meta/sumdb/sum.example.com/latest',
  'example.com/!b/@v/v1.0.0.mod',
  'example.com/a-b/@v/v1.0.0.mod',
  'example.com/a/@latest',
  'example.com/a/@v/list',
  'example.com/a/@v/v1.0.0-rc.info',
  'example.com/a/@v/v1.0.0-rc.jazz.mod',
  'example.com/a/@v/v1.0.0-rc.mod',
  'example.com/a/@v/v1.0.0.info',
  'example.com/a/@v/v1.0.0.mod',
  'example.com/a/@v/v1.0.0.zip',
  'example.com/a/@v/v1.0.0.zip.part',
  'example.com/a/v2/@v/v2.0.0.mod',
  'notes.txt',
];

const objects = new MemoryObjectStore();
for (const key of KEYS) await objects.put(key, Buffer.alloc(0), { size: 0, mode: 'create' });

async function items(targets: Target[] | null = null, after = ''): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of takeInventory(objects, targets, after)) found.push(item);
  return found;
}

function shown(item: Item): string {
  if (item.kind !== 'version') return `${item.kind} ${item.entry.key}`;
  const { module, version, ...parts } = item.version;
  return `${module}@${version} ${Object.keys(parts).sort().join(' ')}`;
}

describe('an inventory', () => {
  it('joins what is of one version, and knows what is of none', async () => {
    expect((await items()).map(shown)).toEqual([
      'example.com/B@v1.0.0 mod',
      'example.com/a-b@v1.0.0 mod',
      'answer example.com/a/@latest',
      'answer example.com/a/@v/list',
      'foreign example.com/a/@v/v1.0.0.zip.part',
      'example.com/a@v1.0.0 info mod receipt zip',
      'example.com/a@v1.0.0-rc info mod',
      'example.com/a@v1.0.0-rc.jazz mod',
      'example.com/a/v2@v2.0.0 mod',
      'example.com/lost@v1.0.0 receipt',
      'foreign notes.txt',
      'answer .meta/queries/example.com/a/@v/main.json',
      'index .meta/index/2026-01-01T00:00:00.000000000Z/example.com/a@v1.0.0',
    ]);
  });

  it('goes on after any place of an earlier one', async () => {
    const all = await items();
    for (const [index, { place }] of all.entries()) expect(await items(null, place)).toEqual(all.slice(index + 1));
    const targets = [
      { module: 'example.com/lost', version: null },
      { module: 'example.com/a', version: null },
    ];
    const some = await items(targets);
    expect(some).toHaveLength(9);
    for (const [index, { place }] of some.entries()) expect(await items(targets, place)).toEqual(some.slice(index + 1));
  });

  it('is of one version alone, where that is asked', async () => {
    expect((await items([{ module: 'example.com/a', version: 'v1.0.0' }])).map(shown)).toEqual([
      'example.com/a@v1.0.0 info mod receipt zip',
      'index .meta/index/2026-01-01T00:00:00.000000000Z/example.com/a@v1.0.0',
    ]);
  });
});
