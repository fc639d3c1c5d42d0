import { Readable } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { readBody, type ObjectSource, type SmallPut } from '#libs/storage';
import { digest, MiB, patternStream } from './patterns.js';
import type { Trial } from './trial.js';

/** Bytes that tell by each of them in which turn they were written. */
function turn(n: number): Buffer {
  return Buffer.alloc(300_000 + n * 1000, n);
}

function small(key: string, text: string, mode: SmallPut['mode'] = 'create'): SmallPut {
  return { key, bytes: Buffer.from(text), mode };
}

/** Create-only and replacing puts, alone and at once. */
export function describeWrites(begun: () => Trial): void {
  let trial: Trial;
  beforeAll(() => {
    trial = begun();
  });

  describe('create and replace', () => {
    it('creates once: the first bytes stay', async () => {
      expect(await trial.put('once/x', Buffer.from('first'))).toBe(true);
      expect(await trial.put('once/x', Buffer.from('second'))).toBe(false);
      expect(await trial.store.put('once/x', patternStream(2 * MiB), { size: 2 * MiB, mode: 'create' })).toBe(false);
      expect(await trial.read('once/x')).toBe('first');
    });

    it('gives the object to one of 8 concurrent creates of different 20 MB', async () => {
      const size = 20_000_000;
      const sources: ObjectSource[] = [];
      for (let n = 0; n < 8; n++) {
        const bytes = Buffer.alloc(size, n);
        const streamed = Readable.from([bytes.subarray(0, MiB), bytes.subarray(MiB)], { objectMode: false });
        sources.push([bytes, streamed, await trial.file(bytes)][n % 3]!);
      }
      const won = await Promise.all(
        sources.map((source) => trial.store.put('race/x', source, { size, mode: 'create' })),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      const winner = won.indexOf(true);
      const { sha256 } = await digest((await trial.store.get('race/x'))!.body);
      expect(sha256).toBe((await digest(Buffer.alloc(size, winner))).sha256);
    });

    it('stores the body of another object as it is read', async () => {
      await trial.store.put('copied/from', patternStream(2 * MiB), { size: 2 * MiB, mode: 'create' });
      const { body } = (await trial.store.get('copied/from'))!;
      expect(await trial.store.put('copied/to', body, { size: 2 * MiB, mode: 'create' })).toBe(true);
      const copy = await digest((await trial.store.get('copied/to'))!.body);
      expect(copy).toEqual(await digest((await trial.store.get('copied/from'))!.body));
    });

    it('replaces, from nothing and from something', async () => {
      expect(await trial.put('again/x', Buffer.from('one'), 'replace')).toBe(true);
      const before = await trial.store.stat('again/x');
      expect(await trial.put('again/x', Buffer.from('other'), 'replace')).toBe(true);
      expect(await trial.read('again/x')).toBe('other');
      expect((await trial.store.stat('again/x'))!.etag).not.toBe(before!.etag);
    });

    it('stores small objects in turn', async () => {
      expect(await trial.store.putInTurn([small('turn/a', 'a'), small('turn/b/c', ''), small('turn/d', 'd')])).toBe(3);
      expect(await trial.keys('turn/')).toEqual(['turn/a', 'turn/b/c', 'turn/d']);
      // Ends where one is there, with what comes after it not stored.
      expect(
        await trial.store.putInTurn([
          small('turn/d', 'again', 'replace'),
          small('turn/a', 'other'),
          small('turn/e', 'e'),
        ]),
      ).toBe(1);
      expect(await Promise.all(['turn/a', 'turn/d', 'turn/e'].map((key) => trial.read(key)))).toEqual([
        'a',
        'again',
        null,
      ]);
      await expect(trial.store.putInTurn([small('turn/f', 'f'), small('../g', 'g')])).rejects.toThrow(TypeError);
      expect(await trial.store.putInTurn([])).toBe(0);
    });

    it('swaps whole under concurrent readers', async () => {
      await trial.put('swap/x', turn(0), 'replace');
      const done = new AbortController();
      let reads = 0;
      const reader = async (): Promise<void> => {
        while (!done.signal.aborted) {
          const found = await trial.store.get('swap/x');
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
        for (let n = 1; n <= 25; n++) await trial.put('swap/x', turn(n), 'replace');
      } finally {
        done.abort();
      }
      await Promise.all(readers);
      expect(reads).toBeGreaterThan(0);
      expect((await trial.store.stat('swap/x'))!.size).toBe(325_000);
    });
  });
}
