import { beforeAll, describe, expect, it } from 'vitest';
import { readBody } from '#libs/storage';
import { MiB, patternChunks } from './patterns.js';
import type { Trial } from './trial.js';

/** Parts of objects. */
export function describeRanges(begun: () => Trial): void {
  let trial: Trial;
  beforeAll(() => {
    trial = begun();
  });

  describe('a range', () => {
    const small = Buffer.from('0123456789');
    const large = Buffer.concat([...patternChunks(2 * MiB)]);

    beforeAll(async () => {
      await trial.put('ranges/small', small);
      await trial.put('ranges/large', large);
      await trial.put('ranges/empty', Buffer.alloc(0));
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
      const found = await trial.store.get(`ranges/${name}`, { start, end });
      expect((await readBody(found!.body)).equals(whole.subarray(start, end + 1))).toBe(true);
      expect(found!.stat).toEqual(await trial.store.stat(`ranges/${name}`));
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
      await expect(trial.store.get(`ranges/${name}`, { start, end })).rejects.toThrow(RangeError);
      // Also where the tier has it.
      await readBody((await trial.store.get(`ranges/${name}`))!.body);
      await expect(trial.store.get(`ranges/${name}`, { start, end })).rejects.toThrow(RangeError);
    });
  });
}
