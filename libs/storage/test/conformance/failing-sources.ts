import { Readable } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ObjectSource } from '#libs/storage';
import { MiB, stuckStream } from './patterns.js';
import type { Trial } from './trial.js';

/** Puts that do not come to their end store nothing. */
export function describeFailingSources(begun: () => Trial): void {
  let trial: Trial;
  beforeAll(() => {
    trial = begun();
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
        if (mode === 'replace') await trial.put(key, Buffer.from('former'));
        const sources: [ObjectSource, number][] = [
          [Readable.from([half], { objectMode: false }), 2 * MiB],
          [Readable.from([half, half, half], { objectMode: false }), 2 * MiB],
          // All that was promised, and then one byte more.
          [Readable.from([half, half, Buffer.from('x')], { objectMode: false }), 2 * MiB],
          [Readable.from([Buffer.from('x')], { objectMode: false }), 0],
          [Buffer.from('short'), 6],
          [Buffer.from('long'), 3],
          [await trial.file(Buffer.from('short')), 6],
          [await trial.file(Buffer.from('long')), 3],
        ];
        for (const [source, size] of sources)
          await expect(trial.store.put(key, source, { size, mode })).rejects.toThrow(/source/);
        await expect(trial.store.put(key, failing(), { size: 2 * MiB, mode })).rejects.toThrow('upstream broke');
        expect(await trial.read(key)).toBe(mode === 'replace' ? 'former' : null);
        expect(await trial.keys('failing/')).toEqual(mode === 'replace' ? [key] : []);
        if (mode === 'replace') await trial.store.delete(key);
      },
    );

    it('is not taken for whole when all that was promised has come: more may follow', async () => {
      async function* goesOn(): AsyncGenerator<Buffer> {
        yield half;
        yield half;
        // Time enough for a store that does not wait for the end. Of another key: MinIO locks this one meanwhile.
        for (let n = 0; n < 30; n++) await trial.store.stat('failing/other');
        yield Buffer.from('x');
      }
      const source = Readable.from(goesOn(), { objectMode: false });
      await expect(trial.store.put('failing/late', source, { size: 2 * MiB, mode: 'create' })).rejects.toThrow(
        /goes on/,
      );
      expect(await trial.read('failing/late')).toBeNull();
    });

    it('stores nothing when the put is aborted in mid-air, and lets go of the source', async () => {
      const control = new AbortController();
      const reason = new Error('deadline');
      const source = stuckStream([half, half]);
      const stored = trial.store.put('aborted/x', source, { size: 3 * MiB, mode: 'create', signal: control.signal });
      // Read on to where it waits: the put is in the middle.
      while (source.readableLength > 0 || !source.readableDidRead) await new Promise(setImmediate);
      control.abort(reason);
      await expect(stored).rejects.toBe(reason);
      expect(source.destroyed).toBe(true);
      expect(await trial.read('aborted/x')).toBeNull();
      expect(await trial.keys('aborted/')).toEqual([]);
    });

    it('does not begin when it is aborted before', async () => {
      const reason = new Error('too late');
      const options = { size: 1, mode: 'create', signal: AbortSignal.abort(reason) } as const;
      await expect(trial.store.put('aborted/y', Buffer.from('x'), options)).rejects.toBe(reason);
      const stream = Readable.from([Buffer.from('x')], { objectMode: false });
      await expect(trial.store.put('aborted/y', stream, options)).rejects.toBe(reason);
      expect(await trial.read('aborted/y')).toBeNull();
    });
  });
}
