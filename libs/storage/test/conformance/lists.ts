import { beforeAll, describe, expect, it } from 'vitest';
import type { Trial } from './trial.js';

/** Lists: order, prefix, start and length. */
export function describeLists(begun: () => Trial): void {
  let trial: Trial;
  beforeAll(() => {
    trial = begun();
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
      for (const name of names) await trial.put(`lists/${name}`, Buffer.from(name));
    });

    it('is in byte order of whole keys, over folders', async () => {
      const found = await trial.keys('lists/');
      expect(found).toEqual(names.map((name) => `lists/${name}`).sort());
      expect(found).toEqual([...found].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    });

    it('isolates a/b from a/b/v2 and a/bc', async () => {
      expect(await trial.keys('lists/a/b/@v/')).toEqual(['lists/a/b/@v/1']);
    });

    it('takes a prefix as a plain string', async () => {
      expect(await trial.keys('lists/a/b')).toEqual(['lists/a/b/@v/1', 'lists/a/b/v2/@v/1', 'lists/a/bc/@v/1']);
      expect(await trial.keys('lists/b')).toEqual(['lists/b', 'lists/b-1']);
      expect(await trial.keys('list')).toHaveLength(names.length);
      expect(await trial.keys('lists/none')).toEqual([]);
      expect(await trial.keys('none/such/folder/')).toEqual([]);
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
      expect(await trial.keys('lists/', startAfter)).toEqual(expected.filter((key) => key > startAfter));
    });

    it('says size and time', async () => {
      for await (const entry of trial.store.list('lists/a/@v/2')) {
        const stat = await trial.store.stat(entry.key);
        expect(entry.size).toBe(6);
        expect(Math.abs(entry.modified.getTime() - stat!.modified.getTime())).toBeLessThan(1000);
      }
    });

    it('has more than 1000 keys, and can be left and taken up again', async () => {
      const many = Array.from({ length: 1100 }, (_, n) => `many/x/@v/v1.${n}.0.info`).sort();
      for (let n = 0; n < many.length; n += 20) {
        await Promise.all(many.slice(n, n + 20).map((key) => trial.put(key, Buffer.from(key))));
      }
      expect(await trial.keys('many/x/@v/')).toEqual(many);
      expect(await trial.keys('many/', many[1049])).toEqual(many.slice(1050));

      const first: string[] = [];
      for await (const { key } of trial.store.list('many/')) {
        if (first.push(key) === 7) break;
      }
      expect(first).toEqual(many.slice(0, 7));
    });

    it('refuses a prefix that leaves the storage', async () => {
      await expect(trial.keys('../')).rejects.toThrow(TypeError);
      await expect(trial.keys('a/../../b')).rejects.toThrow(TypeError);
    });
  });
}
