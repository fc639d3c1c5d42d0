import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Catalog } from '#libs/catalog';
import { FsObjectStore, ObjectMetaStore, ObjectModuleStore } from '#libs/storage';
import { descriptors } from '../../../test/support/descriptors.js';

let folder: string;
let objects: FsObjectStore;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'stoa-catalog-')));
  objects = new FsObjectStore({ root: folder });
  await objects.open();
});
afterAll(async () => {
  await objects.close();
  await rm(folder, { recursive: true, force: true });
});

async function openFiles(): Promise<string[]> {
  return (await descriptors(process.pid)).filter((path) => path.startsWith(folder));
}

describe('the list of what is stored', () => {
  it('leaves nothing open when the storage can not list', async () => {
    const modules = new ObjectModuleStore(objects);
    // So long that it is read as a stream.
    const list = Buffer.from(Array.from({ length: 10_000 }, (_, patch) => `v1.0.${patch}\n`).join(''));
    await modules.save({ kind: 'list', module: 'example.com/long' }, list, list.length);
    modules.versions = () => Promise.reject(new Error('denied'));
    const catalog = new Catalog(modules, new ObjectMetaStore(objects), 0);
    await expect(catalog.storedList('example.com/long')).rejects.toThrow('denied');
    await expect.poll(openFiles).toEqual([]);
  });
});
