import { describe, expect, it } from 'vitest';
import { freshLog } from './support/fresh-log.js';
import { keysOf, lookup, SIGNAL, startWorker, storedAt, truth, version } from './support/worker.js';

const fresh = freshLog();

describe('the tree', () => {
  it('grows from nothing past the edges of tiles and of levels', async () => {
    const { client } = startWorker(fresh.database, fresh.store, fresh.log);
    for (const size of [1, 2, 255, 256, 257, 511, 512, 513, 1000, 65_535, 65_536, 65_537, 66_000]) {
      await fresh.database.grow(fresh.log, size);
      for (const id of [0, size >> 1, size - 1]) {
        const path = lookup(id);
        expect([size, id, await client.checksums(version(id), SIGNAL).then(() => keysOf(fresh.store))]).toEqual([
          size,
          id,
          expect.arrayContaining([path]),
        ]);
      }
    }
    const heads = (await keysOf(fresh.store)).filter((key) => key.startsWith('tree/'));
    expect(heads.at(-1)).toBe('tree/00000000000000066000');
    expect(heads.length).toBeLessThanOrEqual(2);
  });

  it('takes an older head that is part of it for what it is: old', async () => {
    await fresh.database.grow(fresh.log, 5);
    const old = await fresh.database.answer(fresh.log, lookup(3));
    await fresh.database.grow(fresh.log, 700);
    const { client, middleman } = startWorker(fresh.database, fresh.store, fresh.log);
    await client.checksums(version(650), SIGNAL);
    middleman.lie = (path, answer) => (path === lookup(3) ? old : answer);
    expect(await client.checksums(version(3), SIGNAL)).toEqual(await truth(fresh.database, fresh.log, 3));
    expect(await storedAt(fresh.store, lookup(3))).toEqual(old);
  });

  it('is proven with the tiles of the database where stored ones are damaged, which are stored anew', async () => {
    await fresh.database.grow(fresh.log, 300);
    await startWorker(fresh.database, fresh.store, fresh.log).client.checksums(version(7), SIGNAL);
    const { key } = (await Array.fromAsync(fresh.store.list('.meta/sumdb/'))).find((one) =>
      one.key.endsWith('/tile/8/0/000'),
    )!;
    const whole = (await storedAt(fresh.store, 'tile/8/0/000'))!;
    await fresh.store.put(key, Buffer.from(whole).fill(0, 0, 32), { size: whole.length, mode: 'replace' });

    const { client, middleman } = startWorker(fresh.database, fresh.store, fresh.log);
    expect(await client.checksums(version(8), SIGNAL)).toEqual(await truth(fresh.database, fresh.log, 8));
    expect(middleman.asked).toContain('tile/8/0/000');
    expect(await storedAt(fresh.store, 'tile/8/0/000')).toEqual(whole);
  });

  it('may have lost its partial tiles to full ones', async () => {
    await fresh.database.grow(fresh.log, 200);
    const old = await fresh.database.answer(fresh.log, lookup(3));
    await fresh.database.grow(fresh.log, 300);
    const { client, middleman } = startWorker(fresh.database, fresh.store, fresh.log);
    middleman.lie = (path, answer) => {
      if (path === 'tile/8/0/000.p/200') throw new Error('gone');
      return path === lookup(3) ? old : answer;
    };
    expect(await client.checksums(version(3), SIGNAL)).toEqual(await truth(fresh.database, fresh.log, 3));
    expect(middleman.tiles).toEqual(['tile/8/0/000.p/200', 'tile/8/0/000']);
  });
});
