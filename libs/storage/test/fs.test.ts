import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RefusalError } from '#libs/protocol';
import { FsObjectStore, KeyError, removeUnfinished, strangeUnfinished, type PutOptions } from '#libs/storage';
import { translateFsError } from '../src/fs/fs-error.js';
import { MiB, patternStream } from './conformance/patterns.js';

async function openTemporary(bulk = false): Promise<{ root: string; store: FsObjectStore }> {
  const root = await mkdtemp(join(tmpdir(), 'stoa-fs-'));
  const store = new FsObjectStore({ root, bulk });
  await store.open();
  return { root, store };
}

describe('FsObjectStore in bulk', () => {
  it('stores hundreds of puts at once, each with its own outcome', async () => {
    const { root, store } = await openTemporary(true);
    const put = (n: number, key = `a/${n}`): Promise<boolean> => {
      const bytes = Buffer.from(`object ${n}`);
      return store.put(key, bytes, { size: bytes.length, mode: 'create' });
    };
    await writeFile(join(root, 'file'), '');
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 300 }, (_, n) => put(n)),
      put(300, 'a/7'),
      put(301, 'file/below'),
    ]);
    expect(outcomes.slice(0, 300).every((one) => one.status === 'fulfilled' && one.value)).toBe(true);
    expect(outcomes[300]).toEqual({ status: 'fulfilled', value: false });
    expect(outcomes[301]?.status).toBe('rejected');
    expect(await readFile(join(root, 'a/7'), 'utf8')).toBe('object 7');
    expect(await readdir(join(root, 'a'))).toHaveLength(300);
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
    await store.close();
    await rm(root, { recursive: true });
  });

  it('makes a new folder with all that goes into it, and no file before those in front of it', async () => {
    const { root, store } = await openTemporary(true);
    await mkdir(join(root, 'old'));
    await writeFile(join(root, 'old/met'), 'first');
    const series = (...keys: string[]): Promise<number> =>
      store.putInTurn(keys.map((key) => ({ key, bytes: Buffer.from(key), mode: 'create' })));
    const outcomes = await Promise.allSettled([
      series('new/a', 'old/a', 'later/a'),
      series('new/b', 'old/met', 'later/met'),
      series('new/a', 'later/second'),
      series('new/c', 'old/met/below', 'later/below'),
      store.put('new/short', { file: join(root, 'old/met') }, { size: 1, mode: 'create' }),
      series('new/d', 'later/d'),
    ]);
    expect(outcomes.map((one) => (one.status === 'fulfilled' ? one.value : one.status))).toEqual([
      3,
      1,
      0,
      'rejected',
      'rejected',
      2,
    ]);
    expect((await readdir(join(root, 'new'))).sort()).toEqual(['a', 'b', 'c', 'd']);
    expect((await readdir(join(root, 'later'))).sort()).toEqual(['a', 'd']);
    expect(await readFile(join(root, 'old/met'), 'utf8')).toBe('first');
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
    await store.close();
    await rm(root, { recursive: true });
  });
});

describe('FsObjectStore', () => {
  let root: string;
  let store: FsObjectStore;

  beforeEach(async () => {
    ({ root, store } = await openTemporary());
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const put = (key: string, text: string, mode: PutOptions['mode'] = 'create'): Promise<boolean> =>
    store.put(key, Buffer.from(text), { size: Buffer.byteLength(text), mode });
  const keys = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of store.list('')) found.push(key);
    return found;
  };

  it('keeps an object as the file of its key, and nothing else', async () => {
    await put('example.com/a/@v/v1.0.0.info', '{}');
    expect(await readFile(join(root, 'example.com/a/@v/v1.0.0.info'), 'utf8')).toBe('{}');
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });

  it('never lists what is unfinished', async () => {
    await writeFile(join(root, '.tmp', 'half'), 'half');
    await put('a/x', 'x');
    expect(await keys()).toEqual(['a/x']);
  });

  it('links a finished file of the same file system instead of copying it', async () => {
    const source = join(root, '.tmp', 'scratch.zip');
    await writeFile(source, 'zip');
    expect(await store.put('a/x.zip', { file: source }, { size: 3, mode: 'create' })).toBe(true);
    expect((await stat(join(root, 'a/x.zip'))).ino).toBe((await stat(source)).ino);
    expect(await readdir(join(root, '.tmp'))).toEqual(['scratch.zip']);
  });

  it('leaves no unfinished file when a put fails', async () => {
    await put('a/x', 'x');
    expect(await put('a/x', 'y')).toBe(false);
    await expect(store.put('a/y', patternStream(MiB), { size: 2 * MiB, mode: 'create' })).rejects.toThrow(
      /source ended/,
    );
    await expect(store.put('a/x/below', Buffer.from('x'), { size: 1, mode: 'create' })).rejects.toThrow(KeyError);
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });

  it('knows its unfinished files from those of others', async () => {
    const source = new PassThrough();
    const storing = store.put('a/x', source, { size: 2, mode: 'create' });
    source.write('h');
    await expect.poll(() => readdir(join(root, '.tmp'))).toHaveLength(1);
    expect(strangeUnfinished(root)).toBeNull();
    source.end('i');
    await storing;

    await writeFile(join(root, '.tmp', 'notes'), 'of somebody');
    expect(strangeUnfinished(root)).toBe(join(root, '.tmp'));
    removeUnfinished(root);
    expect([strangeUnfinished(root), await readdir(root)]).toEqual([null, ['a']]);
  });

  it('removes unfinished files of more than a day when it opens, and no others', async () => {
    const old = new Date(Date.now() - 25 * 60 * 60 * 1000);
    await writeFile(join(root, '.tmp', 'crashed'), 'half');
    await utimes(join(root, '.tmp', 'crashed'), old, old);
    await mkdir(join(root, '.tmp', 'crashed-folder'));
    await writeFile(join(root, '.tmp', 'crashed-folder', 'half'), 'half');
    await utimes(join(root, '.tmp', 'crashed-folder'), old, old);
    await writeFile(join(root, '.tmp', 'under-way'), 'half');
    await new FsObjectStore({ root }).open();
    expect(await readdir(join(root, '.tmp'))).toEqual(['under-way']);
  });

  it('makes folders anew that others remove at the same time', async () => {
    const other = new FsObjectStore({ root });
    for (let n = 0; n < 50; n++) {
      await put('deep/er/and/deeper/x', 'x', 'replace');
      const results = await Promise.all([put(`deep/er/and/deeper/y${n}`, 'y'), other.delete('deep/er/and/deeper/x')]);
      expect(results[0]).toBe(true);
      await other.delete(`deep/er/and/deeper/y${n}`);
    }
    expect(await readdir(root)).toEqual(['.tmp']);
  });

  it('goes on when somebody clears its folder of unfinished files away', async () => {
    await rm(join(root, '.tmp'), { recursive: true });
    expect(await put('a/x', 'x')).toBe(true);
  });

  it('gives the bytes that it opened, when they are replaced while they flow', async () => {
    const size = 3 * MiB;
    await store.put('a/x', Buffer.alloc(size, 1), { size, mode: 'replace' });
    const { body } = (await store.get('a/x'))!;
    await store.put('a/x', Buffer.alloc(size, 2), { size, mode: 'replace' });
    const seen = new Set<number>();
    await pipeline(body, async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) for (const byte of [chunk.at(0), chunk.at(-1)]) seen.add(byte!);
    });
    expect([...seen]).toEqual([1]);
  });

  describe('when it is broken', () => {
    const every: Record<string, () => Promise<unknown>> = {
      get: () => store.get('a/x'),
      stat: () => store.stat('a/x'),
      put: () => put('b/x', 'x'),
      list: keys,
      check: () => store.check(),
    };

    it.each(Object.keys(every))('%s throws, when the root is replaced by a file', async (operation) => {
      await put('a/x', 'x');
      await rm(root, { recursive: true });
      await writeFile(root, '');
      await expect(every[operation]!()).rejects.toThrow();
    });

    it.each(Object.keys(every))('%s throws, when the root is gone, and does not make it anew', async (operation) => {
      await rm(root, { recursive: true });
      await expect(every[operation]!()).rejects.toThrow();
      await expect(stat(root)).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('says by a refusal that the root is not there', async () => {
      await rm(root, { recursive: true });
      await expect(store.get('a/x')).rejects.toMatchObject({ kind: 'busy', message: 'the storage is not there' });
    });

    it('does not open on a root that is a file', async () => {
      await writeFile(join(root, 'file'), '');
      await expect(new FsObjectStore({ root: join(root, 'file') }).open()).rejects.toThrow();
    });

    it('throws on a folder in place of an object, and on an object in place of a folder', async () => {
      await put('a/x', 'x');
      await expect(put('a/x/y', 'y')).rejects.toThrow();
      await mkdir(join(root, 'a/folder'));
      expect(await store.get('a/folder')).toBeNull();
      expect(await store.stat('a/folder')).toBeNull();
    });

    it('never says that an object is stored where something else has its name', async () => {
      await mkdir(join(root, 'a/folder'), { recursive: true });
      await symlink('/nowhere', join(root, 'a/link'));
      for (const content of ['x', '']) {
        for (const key of ['a/folder', 'a/link'])
          await expect(put(key, content)).rejects.toMatchObject({
            kind: 'busy',
            message: expect.stringContaining('in the place of a file'),
          });
      }
    });

    it.each([
      ['ENOSPC', 'the storage is full'],
      ['EDQUOT', 'the storage is full'],
      ['EROFS', 'the storage is read-only'],
      ['EACCES', 'the storage denies access'],
      ['EMFILE', 'the storage has too many files open'],
    ])('turns %s into a refusal that names no path', (code, message) => {
      const error = Object.assign(new Error(`${code}: failed, open '/secret/path'`), { code });
      const refusal = translateFsError(error);
      expect(refusal).toBeInstanceOf(RefusalError);
      expect(refusal).toMatchObject({ kind: 'busy', message });
    });

    it('leaves other errors as they are', () => {
      const error = new Error('a fault of our own');
      expect(translateFsError(error)).toBe(error);
    });
  });
});
