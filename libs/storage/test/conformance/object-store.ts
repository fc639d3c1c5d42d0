import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBody, type ObjectSource, type ObjectStore, type PutOptions } from '#libs/storage';
import { digest, MiB, patternChunks, patternStream, stuckStream } from './patterns.js';

/** What the suite must know of the store that it tries. */
export interface Subject {
  /** Gives a store that is open and empty. */
  open(): Promise<ObjectStore>;
  /** Removes what `open` made. */
  remove(): Promise<void>;
  /** False: it holds everything in memory, so an object of 600 MB is not for it. */
  readonly takesLargeObjects: boolean;
}

/** Bytes that tell by each of them in which turn they were written. */
function turn(n: number): Buffer {
  return Buffer.alloc(300_000 + n * 1000, n);
}

async function countDescriptors(): Promise<number> {
  return (await readdir('/dev/fd')).length;
}

/** What every ObjectStore must do, whatever is below it. */
export function describeObjectStore(title: string, subject: Subject): void {
  describe(`${title} as an object store`, () => {
    let store: ObjectStore;
    let scratch: string;

    beforeAll(async () => {
      store = await subject.open();
      scratch = await mkdtemp(join(tmpdir(), 'stoa-source-'));
    });
    afterAll(async () => {
      await store.close();
      await subject.remove();
      await rm(scratch, { recursive: true });
    });

    const put = (key: string, bytes: Buffer, mode: PutOptions['mode'] = 'create'): Promise<boolean> =>
      store.put(key, bytes, { size: bytes.length, mode });
    const read = async (key: string): Promise<string | null> => {
      const found = await store.get(key);
      return found && (await readBody(found.body)).toString();
    };
    const keys = async (prefix: string, startAfter?: string): Promise<string[]> => {
      const found: string[] = [];
      for await (const { key } of store.list(prefix, startAfter)) found.push(key);
      return found;
    };
    const file = async (bytes: Buffer): Promise<{ file: string }> => {
      const path = join(scratch, String(Math.random()));
      await writeFile(path, bytes);
      return { file: path };
    };

    describe('an object', () => {
      it('is given back with its size, time and etag, the same by stat and get', async () => {
        const before = Date.now();
        expect(await put('plain/x', Buffer.from('hello'))).toBe(true);

        const stat = await store.stat('plain/x');
        const found = await store.get('plain/x');
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
        expect(await put(`sizes/${size}`, bytes)).toBe(true);
        expect((await readBody((await store.get(`sizes/${size}`))!.body)).equals(bytes)).toBe(true);
      });

      it.each(['buffer', 'stream', 'file'])('can be put from a %s', async (kind) => {
        const bytes = Buffer.concat([...patternChunks(2 * MiB + 3)]);
        const sources: Record<string, ObjectSource> = {
          buffer: bytes,
          stream: patternStream(bytes.length),
          file: await file(bytes),
        };
        const key = `sources/${kind}`;
        expect(await store.put(key, sources[kind]!, { size: bytes.length, mode: 'create' })).toBe(true);
        expect((await readBody((await store.get(key))!.body)).equals(bytes)).toBe(true);
      });

      it('outlives the file that it was put from, which stays the caller’s', async () => {
        const source = await file(Buffer.from('from a file'));
        await store.put('files/kept', source, { size: 11, mode: 'replace' });
        expect(await readFile(source.file, 'utf8')).toBe('from a file');
        await rm(source.file);
        expect(await read('files/kept')).toBe('from a file');
      });

      it.each(['EMPTY', 'empty stream'])('can be empty: %s', async (kind) => {
        const source = kind === 'EMPTY' ? Buffer.alloc(0) : Readable.from([], { objectMode: false });
        expect(await store.put(`none/${kind}`, source, { size: 0, mode: 'create' })).toBe(true);
        expect(await read(`none/${kind}`)).toBe('');
        expect((await store.stat(`none/${kind}`))!.size).toBe(0);
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
        for (const name of names) expect(await put(name, Buffer.from(name))).toBe(true);
        for (const name of names) expect(await read(name)).toBe(name);
        expect(await keys('names/')).toEqual(names.filter((name) => name.startsWith('names/')).sort());
        expect(await keys('github.com/!azure/')).toEqual([names[0]]);
      });

      it('that is absent is null, also below and above one that is there', async () => {
        await put('here/file', Buffer.from('x'));
        for (const key of ['nowhere', 'nowhere/at/all', 'here', 'here/file/below', `long/${'x'.repeat(300)}`]) {
          expect(await store.get(key)).toBeNull();
          expect(await store.get(key, { start: 0, end: 0 })).toBeNull();
          expect(await store.stat(key)).toBeNull();
        }
      });

      it('can be deleted, and then be created again; what is absent can be deleted too', async () => {
        await put('gone/x', Buffer.from('old'));
        await store.delete('gone/x');
        expect(await read('gone/x')).toBeNull();
        await store.delete('gone/x');
        expect(await put('gone/x', Buffer.from('new'))).toBe(true);
        expect(await read('gone/x')).toBe('new');
      });

      it.each(['', '/', '/a', 'a/', 'a//b', '.', '../a', 'a/../b', 'a/.', '.tmp/x', 'a\0b', 'ä'])(
        'can not have the key %j',
        async (key) => {
          await expect(store.get(key)).rejects.toThrow(TypeError);
          await expect(store.stat(key)).rejects.toThrow(TypeError);
          await expect(store.delete(key)).rejects.toThrow(TypeError);
          await expect(put(key, Buffer.from('x'))).rejects.toThrow(TypeError);
        },
      );
    });

    describe('a range', () => {
      const small = Buffer.from('0123456789');
      const large = Buffer.concat([...patternChunks(2 * MiB)]);

      beforeAll(async () => {
        await put('ranges/small', small);
        await put('ranges/large', large);
        await put('ranges/empty', Buffer.alloc(0));
      });

      it.each([
        ['small', 0, 0],
        ['small', 9, 9],
        ['small', 0, 9],
        ['small', 3, 6],
        ['large', 0, 0],
        ['large', 2 * MiB - 1, 2 * MiB - 1],
        ['large', 0, 2 * MiB - 1],
        ['large', 1000, MiB + 5],
      ])('of the %s object from %d to %d is those bytes, with the whole size', async (name, start, end) => {
        const whole = name === 'small' ? small : large;
        const found = await store.get(`ranges/${name}`, { start, end });
        expect((await readBody(found!.body)).equals(whole.subarray(start, end + 1))).toBe(true);
        expect(found!.stat).toEqual(await store.stat(`ranges/${name}`));
      });

      it.each([
        ['small', 0, 10],
        ['small', 10, 10],
        ['small', 5, 4],
        ['small', -1, 4],
        ['large', 2 * MiB, 2 * MiB],
        ['large', 0, 2 * MiB],
        ['empty', 0, 0],
      ])('of the %s object from %d to %d is beyond it: RangeError', async (name, start, end) => {
        await expect(store.get(`ranges/${name}`, { start, end })).rejects.toThrow(RangeError);
        // Also where the tier has it.
        await readBody((await store.get(`ranges/${name}`))!.body);
        await expect(store.get(`ranges/${name}`, { start, end })).rejects.toThrow(RangeError);
      });
    });

    describe('a list', () => {
      const names = [
        'a-b/@v/1',
        'a.b/@v/1',
        'a/@v/1',
        'a/@v/2',
        'a/b/@v/1',
        'a/b/v2/@v/1',
        'a/bc/@v/1',
        'a0/@v/1',
        'b',
        'b-1',
      ];

      beforeAll(async () => {
        for (const name of names) await put(`lists/${name}`, Buffer.from(name));
      });

      it('is in byte order of whole keys, over folders', async () => {
        const found = await keys('lists/');
        expect(found).toEqual(names.map((name) => `lists/${name}`).sort());
        expect(found).toEqual([...found].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      });

      it('isolates a/b from a/b/v2 and a/bc', async () => {
        expect(await keys('lists/a/b/@v/')).toEqual(['lists/a/b/@v/1']);
      });

      it('takes a prefix as a plain string', async () => {
        expect(await keys('lists/a/b')).toEqual(['lists/a/b/@v/1', 'lists/a/b/v2/@v/1', 'lists/a/bc/@v/1']);
        expect(await keys('lists/b')).toEqual(['lists/b', 'lists/b-1']);
        expect(await keys('list')).toHaveLength(names.length);
        expect(await keys('lists/none')).toEqual([]);
        expect(await keys('none/such/folder/')).toEqual([]);
      });

      it.each([
        'lists/a-b/@v/1',
        'lists/a/@v/1',
        'lists/a/@v/',
        'lists/a/b',
        'lists/a/b/zzz',
        'lists/a0/@v/1',
        'lists',
        'a',
        'z',
        '',
      ])('starts after %j', async (startAfter) => {
        const expected = names.map((name) => `lists/${name}`).sort();
        expect(await keys('lists/', startAfter)).toEqual(expected.filter((key) => key > startAfter));
      });

      it('says size and time', async () => {
        for await (const entry of store.list('lists/a/@v/2')) {
          const stat = await store.stat(entry.key);
          expect(entry.size).toBe(6);
          expect(Math.abs(entry.modified.getTime() - stat!.modified.getTime())).toBeLessThan(1000);
        }
      });

      it('has more than 1000 keys, and can be left and taken up again', async () => {
        const many = Array.from({ length: 1100 }, (_, n) => `many/x/@v/v1.${n}.0.info`).sort();
        for (let n = 0; n < many.length; n += 20) {
          await Promise.all(many.slice(n, n + 20).map((key) => put(key, Buffer.from(key))));
        }
        expect(await keys('many/x/@v/')).toEqual(many);
        expect(await keys('many/', many[1049])).toEqual(many.slice(1050));

        const first: string[] = [];
        for await (const { key } of store.list('many/')) {
          if (first.push(key) === 7) break;
        }
        expect(first).toEqual(many.slice(0, 7));
      });

      it('refuses a prefix that leaves the storage', async () => {
        await expect(keys('../')).rejects.toThrow(TypeError);
        await expect(keys('a/../../b')).rejects.toThrow(TypeError);
      });
    });

    describe('create and replace', () => {
      it('creates once: the first bytes stay', async () => {
        expect(await put('once/x', Buffer.from('first'))).toBe(true);
        expect(await put('once/x', Buffer.from('second'))).toBe(false);
        expect(await store.put('once/x', patternStream(2 * MiB), { size: 2 * MiB, mode: 'create' })).toBe(false);
        expect(await read('once/x')).toBe('first');
      });

      it('gives the object to one of 8 concurrent creates of different 20 MB', async () => {
        const size = 20_000_000;
        const sources: ObjectSource[] = [];
        for (let n = 0; n < 8; n++) {
          const bytes = Buffer.alloc(size, n);
          const streamed = Readable.from([bytes.subarray(0, MiB), bytes.subarray(MiB)], { objectMode: false });
          sources.push([bytes, streamed, await file(bytes)][n % 3]!);
        }
        const won = await Promise.all(sources.map((source) => store.put('race/x', source, { size, mode: 'create' })));
        expect(won.filter(Boolean)).toHaveLength(1);
        const winner = won.indexOf(true);
        const { sha256 } = await digest((await store.get('race/x'))!.body);
        expect(sha256).toBe((await digest(Buffer.alloc(size, winner))).sha256);
      });

      it('replaces, from nothing and from something', async () => {
        expect(await put('again/x', Buffer.from('one'), 'replace')).toBe(true);
        const before = await store.stat('again/x');
        expect(await put('again/x', Buffer.from('other'), 'replace')).toBe(true);
        expect(await read('again/x')).toBe('other');
        expect((await store.stat('again/x'))!.etag).not.toBe(before!.etag);
      });

      it('swaps whole under concurrent readers', async () => {
        await put('swap/x', turn(0), 'replace');
        const done = new AbortController();
        let reads = 0;
        const reader = async (): Promise<void> => {
          while (!done.signal.aborted) {
            const found = await store.get('swap/x');
            const bytes = await readBody(found!.body);
            expect(bytes.length).toBe(found!.stat.size);
            expect(bytes.equals(turn(bytes[0]!))).toBe(true);
            reads++;
            // Reads from memory never wait: without a turn of the event loop the writer would not come to his.
            await new Promise(setImmediate);
          }
        };
        const readers = [reader(), reader(), reader()];
        try {
          for (let n = 1; n <= 25; n++) await put('swap/x', turn(n), 'replace');
        } finally {
          done.abort();
        }
        await Promise.all(readers);
        expect(reads).toBeGreaterThan(0);
        expect((await store.stat('swap/x'))!.size).toBe(325_000);
      });
    });

    describe('a source that fails', () => {
      const half = Buffer.alloc(MiB, 1);
      const failing = (): Readable =>
        Readable.from(
          (async function* () {
            yield half;
            throw new Error('upstream broke');
          })(),
          { objectMode: false },
        );

      it.each(['create', 'replace'] as const)(
        'stores nothing when it ends short, goes on or breaks: %s',
        async (mode) => {
          const key = `failing/${mode}`;
          if (mode === 'replace') await put(key, Buffer.from('former'));
          const sources: [ObjectSource, number][] = [
            [Readable.from([half], { objectMode: false }), 2 * MiB],
            [Readable.from([half, half, half], { objectMode: false }), 2 * MiB],
            // All that was promised, and then one byte more.
            [Readable.from([half, half, Buffer.from('x')], { objectMode: false }), 2 * MiB],
            [Readable.from([Buffer.from('x')], { objectMode: false }), 0],
            [Buffer.from('short'), 6],
            [Buffer.from('long'), 3],
            [await file(Buffer.from('short')), 6],
            [await file(Buffer.from('long')), 3],
          ];
          for (const [source, size] of sources)
            await expect(store.put(key, source, { size, mode })).rejects.toThrow(/source/);
          await expect(store.put(key, failing(), { size: 2 * MiB, mode })).rejects.toThrow('upstream broke');
          expect(await read(key)).toBe(mode === 'replace' ? 'former' : null);
          expect(await keys('failing/')).toEqual(mode === 'replace' ? [key] : []);
          if (mode === 'replace') await store.delete(key);
        },
      );

      it('stores nothing when the put is aborted in mid-air, and lets go of the source', async () => {
        const control = new AbortController();
        const reason = new Error('deadline');
        const source = stuckStream([half, half]);
        const stored = store.put('aborted/x', source, { size: 3 * MiB, mode: 'create', signal: control.signal });
        // Read on to where it waits: the put is in the middle.
        while (source.readableLength > 0 || !source.readableDidRead) await new Promise(setImmediate);
        control.abort(reason);
        await expect(stored).rejects.toBe(reason);
        expect(source.destroyed).toBe(true);
        expect(await read('aborted/x')).toBeNull();
        expect(await keys('aborted/')).toEqual([]);
      });

      it('does not begin when it is aborted before', async () => {
        const reason = new Error('too late');
        const options = { size: 1, mode: 'create', signal: AbortSignal.abort(reason) } as const;
        await expect(store.put('aborted/y', Buffer.from('x'), options)).rejects.toBe(reason);
        const stream = Readable.from([Buffer.from('x')], { objectMode: false });
        await expect(store.put('aborted/y', stream, options)).rejects.toBe(reason);
        expect(await read('aborted/y')).toBeNull();
      });
    });

    it('holds nothing open after reads that were left', async () => {
      await store.put('left/x', patternStream(5 * MiB), { size: 5 * MiB, mode: 'create' });
      const before = await countDescriptors();
      for (let n = 0; n < 40; n++) {
        const { body } = (await store.get('left/x'))!;
        if (Buffer.isBuffer(body)) continue;
        if (n % 2 === 0) await once(body, 'readable');
        const closed = once(body, 'close');
        body.destroy();
        await closed;
      }
      await expect.poll(countDescriptors, { timeout: 5000 }).toBeLessThan(before + 10);
    });

    if (!subject.takesLargeObjects) return;
    it('takes and gives 600 MB in bounded memory', { timeout: 120_000 }, async () => {
      const size = 600 * MiB;
      const expected = await digest(patternChunks(size));
      globalThis.gc?.();
      const before = process.memoryUsage.rss();
      let peak = before;
      const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5);
      try {
        expect(await store.put('huge/x', patternStream(size), { size, mode: 'create' })).toBe(true);
        const { body, stat } = (await store.get('huge/x'))!;
        expect(stat.size).toBe(size);
        expect(await digest(body)).toEqual(expected);
      } finally {
        clearInterval(sampler);
        await store.delete('huge/x');
      }
      expect(peak - before).toBeLessThan(150 * MiB);
    });
  });
}
