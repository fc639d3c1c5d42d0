import { readFile, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { KeyError, readBody, type ObjectSource } from '#libs/storage';
import { MiB, patternChunks, patternStream } from './patterns.js';
import type { Trial } from './trial.js';

/** What is put comes back, by its key and no other. */
export function describeObjects(begun: () => Trial): void {
  let trial: Trial;
  beforeAll(() => {
    trial = begun();
  });

  describe('an object', () => {
    it('is given back with its size, time and etag, the same by stat and get', async () => {
      const before = Date.now();
      expect(await trial.put('plain/x', Buffer.from('hello'))).toBe(true);

      const stat = await trial.store.stat('plain/x');
      const found = await trial.store.get('plain/x');
      expect(await readBody(found!.body)).toEqual(Buffer.from('hello'));
      expect(found!.stat).toEqual(stat);
      expect(stat!.size).toBe(5);
      expect(stat!.etag).toMatch(/^[^"]+$/);
      // S3 says whole seconds.
      expect(stat!.modified.getTime()).toBeGreaterThanOrEqual(before - 2000);
      expect(stat!.modified.getTime()).toBeLessThanOrEqual(Date.now() + 2000);
    });

    it.each([0, 1, 64 * 1024, 64 * 1024 + 1, 3 * MiB + 7])('of %d bytes comes back byte for byte', async (size) => {
      const bytes = Buffer.concat([...patternChunks(size)]);
      expect(await trial.put(`sizes/${size}`, bytes)).toBe(true);
      expect((await readBody((await trial.store.get(`sizes/${size}`))!.body)).equals(bytes)).toBe(true);
    });

    it.each(['buffer', 'stream', 'file'])('can be put from a %s', async (kind) => {
      const bytes = Buffer.concat([...patternChunks(2 * MiB + 3)]);
      const sources: Record<string, ObjectSource> = {
        buffer: bytes,
        stream: patternStream(bytes.length),
        file: await trial.file(bytes),
      };
      const key = `sources/${kind}`;
      expect(await trial.store.put(key, sources[kind]!, { size: bytes.length, mode: 'create' })).toBe(true);
      expect((await readBody((await trial.store.get(key))!.body)).equals(bytes)).toBe(true);
    });

    it('outlives the file that it was put from, which stays the caller’s', async () => {
      const source = await trial.file(Buffer.from('from a file'));
      await trial.store.put('files/kept', source, { size: 11, mode: 'replace' });
      expect(await readFile(source.file, 'utf8')).toBe('from a file');
      await rm(source.file);
      expect(await trial.read('files/kept')).toBe('from a file');
    });

    it.each(['EMPTY', 'empty stream'])('can be empty: %s', async (kind) => {
      const source = kind === 'EMPTY' ? Buffer.alloc(0) : Readable.from([], { objectMode: false });
      expect(await trial.store.put(`none/${kind}`, source, { size: 0, mode: 'create' })).toBe(true);
      expect(await trial.read(`none/${kind}`)).toBe('');
      expect((await trial.store.stat(`none/${kind}`))!.size).toBe(0);
    });

    it('keeps its name, whatever is in it', async () => {
      const names = [
        'github.com/!azure/!sdk/@v/v2.0.0+incompatible.info',
        'github.com/azure/sdk/@v/v2.0.0+incompatible.info',
        'names/a b',
        'names/a%20b',
        'names/100%',
        'names/~#?&=;:[]^',
        'names/UPPER',
        'names/upper',
      ];
      for (const name of names) expect(await trial.put(name, Buffer.from(name))).toBe(true);
      for (const name of names) expect(await trial.read(name)).toBe(name);
      expect(await trial.keys('names/')).toEqual(names.filter((name) => name.startsWith('names/')).sort());
      expect(await trial.keys('github.com/!azure/')).toEqual([names[0]]);
    });

    it('that is absent is null, also below and above one that is there', async () => {
      await trial.put('here/file', Buffer.from('x'));
      for (const key of ['nowhere', 'nowhere/at/all', 'here', 'here/file/below']) {
        expect(await trial.store.get(key)).toBeNull();
        expect(await trial.store.get(key, { start: 0, end: 0 })).toBeNull();
        expect(await trial.store.stat(key)).toBeNull();
      }
    });

    it('can be deleted, and then be created again; what is absent can be deleted too', async () => {
      await trial.put('gone/x', Buffer.from('old'));
      await trial.store.delete('gone/x');
      expect(await trial.read('gone/x')).toBeNull();
      await trial.store.delete('gone/x');
      expect(await trial.put('gone/x', Buffer.from('new'))).toBe(true);
      expect(await trial.read('gone/x')).toBe('new');
    });

    it('may have a key as long as the storages have room for, and no longer', async () => {
      const [element, key] = [`long/${'x'.repeat(255)}`, `long${'/123456789'.repeat(97)}`];
      for (const longest of [element, key]) {
        expect(await trial.put(longest, Buffer.from('x'))).toBe(true);
        expect(await trial.read(longest)).toBe('x');
      }
      for (const longer of [`${element}x`, `${element}x/y`, `${key}${'/123456789'.repeat(10)}`])
        await expectNoKey(trial, longer);
    });

    it.each(['', '/', '/a', 'a/', 'a//b', '.', '../a', 'a/../b', 'a/.', '.tmp/x', 'a\0b', 'ä'])(
      'can not have the key %j',
      async (key) => expectNoKey(trial, key),
    );
  });
}

async function expectNoKey(trial: Trial, key: string): Promise<void> {
  const { store } = trial;
  await expect(store.get(key)).rejects.toThrow(KeyError);
  await expect(store.stat(key)).rejects.toThrow(KeyError);
  await expect(store.delete(key)).rejects.toThrow(KeyError);
  await expect(trial.put(key, Buffer.from('x'))).rejects.toThrow(KeyError);
}
