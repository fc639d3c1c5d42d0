import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RefusalError } from '#libs/protocol';
import { MemoryObjectStore, putInTurn, readBody, type ObjectStore } from '#libs/storage';
import { infoOf } from '../../../test/support/athens-files.js';
import { writeFiles } from '../../../test/support/data-dir.js';
import { moduleZip } from '../../../test/support/module-zip.js';
import { ownFolder } from '../../../test/support/own-folder.js';
import { importAll } from './importing.js';

const [MODULE, VERSION] = ['example.com/small', 'v1.0.0'];
const MOD = `module ${MODULE}\n`;
const FILES = `${MODULE}/@v/${VERSION}`;
const RECEIPT = `.meta/receipts/${FILES}.json`;
const ENTRY = `.meta/index/1970-01-01T00:00:00.000000001Z/${MODULE}@${VERSION}`;
const WHOLE = [`${FILES}.mod`, `${FILES}.info`, `${FILES}.zip`, RECEIPT, ENTRY];
const zip = moduleZip({ module: MODULE, version: VERSION }, { 'go.mod': MOD, 'a.go': 'package a\n' });

const folder = ownFolder('small');
let objects: ObjectStore;
beforeAll(async () => {
  await writeFiles(join(folder, 'source'), {
    [`${FILES}.info`]: infoOf(VERSION),
    [`${FILES}.mod`]: MOD,
    [`${FILES}.zip`]: zip,
  });
});
beforeEach(() => {
  objects = new MemoryObjectStore();
});

async function store(key: string, text: string | Buffer): Promise<void> {
  const bytes = Buffer.from(text);
  await objects.put(key, bytes, { size: bytes.length, mode: 'create' });
}

async function keys(): Promise<string[]> {
  return (await Array.fromAsync(objects.list(''))).map(({ key }) => key).sort();
}

async function textOf(key: string): Promise<string> {
  return (await readBody((await objects.get(key))!.body)).toString('utf8');
}

/** The store, but for the way in which objects are put in it in turn. */
function storeThat(puts: (put: ObjectStore['putInTurn']) => ObjectStore['putInTurn']): ObjectStore {
  const own = puts((series) => objects.putInTurn(series));
  return new Proxy(objects, {
    get(inner, name: keyof ObjectStore) {
      if (name === 'putInTurn') return own;
      const value: unknown = inner[name];
      return typeof value === 'function' ? (value.bind(inner) as unknown) : value;
    },
  });
}

describe('a small version that is imported', () => {
  it('is stored in one series when it is new: the receipt after its files, the index entry last', async () => {
    const series: string[][] = [];
    const watched = storeThat((put) => (all) => (series.push(all.map(({ key }) => key)), put(all)));
    expect(await importAll(folder, { objects: watched })).toEqual([{ kind: 'imported', infoMade: false }]);
    expect(series).toEqual([WHOLE]);
    expect(await keys()).toEqual(WHOLE.toSorted());
  });

  it.each([['mod'], ['info'], ['zip']] as const)('is completed where its .%s was stored', async (kind) => {
    await store(`${FILES}.${kind}`, { mod: MOD, info: infoOf(VERSION), zip }[kind]);
    expect(await importAll(folder, { objects })).toEqual([{ kind: 'imported', infoMade: false }]);
    expect(await keys()).toEqual(WHOLE.toSorted());
  });

  it('is refused, and nothing of it stored, where another .mod was', async () => {
    await store(`${FILES}.mod`, `${MOD}\ngo 1.2\n`);
    await expect(importAll(folder, { objects })).rejects.toMatchObject({ kind: 'forbidden' });
    expect((await keys()).filter((key) => !key.startsWith('.meta/refused/'))).toEqual([`${FILES}.mod`]);
  });

  it('is refused where another .mod comes first while it is stored', async () => {
    const late = storeThat((put) => async (all) => {
      await store(`${FILES}.mod`, `${MOD}\ngo 1.2\n`);
      return put(all);
    });
    await expect(importAll(folder, { objects: late })).rejects.toMatchObject({ kind: 'forbidden' });
    expect((await keys()).filter((key) => !key.startsWith('.meta/refused/'))).toEqual([`${FILES}.mod`]);
  });

  it.each(WHOLE.map((key) => [key]))('is whole after a storage that was full for a moment at %s', async (at) => {
    let full = true;
    const put: ObjectStore['put'] = async (key, ...rest) => {
      if (key !== at || !full) return objects.put(key, ...rest);
      full = false;
      throw new RefusalError('busy', 'the storage is full');
    };
    const filled = storeThat(() => (all) => putInTurn({ put }, all));
    expect(await importAll(folder, { objects: filled })).toEqual([{ kind: 'imported', infoMade: false }]);
    expect(await keys()).toEqual(WHOLE.toSorted());
    expect(await textOf(`${FILES}.mod`)).toBe(MOD);
  });

  it('is whole or gone when it is removed while it is stored', async () => {
    // As a removal does it: the .info first. The series before it is made.
    const removed = storeThat((put) => async (all) => {
      const stored = await put(all);
      for (const kind of ['info', 'mod', 'zip']) await objects.delete(`${FILES}.${kind}`);
      return stored;
    });
    expect(await importAll(folder, { objects: removed })).toEqual([{ kind: 'imported', infoMade: false }]);
    const left = await keys();
    expect(left).not.toContain(RECEIPT);
    expect(left).not.toContain(ENTRY);
    expect(left).not.toContain(`${FILES}.info`);
  });
});
