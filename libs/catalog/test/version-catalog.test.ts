import { describe, expect, it } from 'vitest';
import { VersionCatalog } from '#libs/catalog';
import type { ModuleVersion } from '#libs/protocol';
import { MemoryObjectStore, ObjectMetaStore, receiptKey } from '#libs/storage';

const nameOf = ({ module, version }: ModuleVersion) => `${module}@${version}`;

function parse(name: string): ModuleVersion {
  const [module = '', version = ''] = name.split('@');
  return { module, version };
}

async function catalogOf(names: readonly string[]) {
  const meta = new ObjectMetaStore(new MemoryObjectStore());
  const add = async (name: string) => {
    await meta.put(receiptKey(parse(name)), Buffer.from('{}\n'), 'create');
  };
  for (const name of names) await add(name);
  return { catalog: new VersionCatalog(meta), meta, add };
}

/** All pages; `between` runs after each of them. */
async function pages(catalog: VersionCatalog, size: number, between = async () => {}): Promise<string[][]> {
  const all: string[][] = [];
  for (let after: ModuleVersion | null = null, more = true; more;) {
    const page = await catalog.page(after, size);
    all.push(page.versions.map(nameOf));
    after = page.last;
    more = after !== null;
    await between();
  }
  return all;
}

const NAMES = [
  'a.b/C@v1.0.0',
  'a.b/c@v1.0.0',
  'a.b/c@v1.1.0-RC1',
  'a.b/c@v2.0.0+incompatible',
  'a.b/c-d@v1.0.0',
  'a.b/c/v2@v2.0.0',
  'a.b/c/d@v1.0.0',
];

describe('the catalog', () => {
  it('has one empty page at first', async () => {
    expect(await (await catalogOf([])).catalog.page(null, 10)).toEqual({ versions: [], last: null });
  });

  it.each([1, 2, 3, 6, 7, 8])('has each version on exactly one of its pages of %i', async (size) => {
    const { catalog } = await catalogOf(NAMES);
    const found = await pages(catalog, size);
    expect(found.flat().toSorted()).toEqual(NAMES.toSorted());
    expect(found).toHaveLength(Math.ceil(NAMES.length / size));
    expect(Math.max(...found.map(({ length }) => length))).toBeLessThanOrEqual(size);
  });

  it('misses and repeats nothing while versions come and go', async () => {
    const { catalog, meta, add } = await catalogOf(NAMES);
    let round = 0;
    const found = await pages(catalog, 2, async () => {
      await add(`a.a/early@v1.${round}.0`);
      if (round++ === 0) await meta.delete(receiptKey(parse('a.b/C@v1.0.0')));
    });
    expect(found.flat().toSorted()).toEqual(NAMES.toSorted());
  });

  it('passes over what is no receipt', async () => {
    const { catalog, meta } = await catalogOf(['a.b/c@v1.0.0']);
    await meta.put('.meta/receipts/a.b/c/@v/nonsense.json', Buffer.from('{}'), 'create');
    expect((await catalog.page(null, 1)).versions.map(nameOf)).toEqual(['a.b/c@v1.0.0']);
  });
});
