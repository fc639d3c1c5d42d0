import { beforeEach, describe, expect, it } from 'vitest';
import { freshLog } from './support/fresh-log.js';
import { keysOf, lookup, refusalOf, SIGNAL, startWorker, storedAt } from './support/worker.js';

const fresh = freshLog();

describe('what is kept for clients', () => {
  beforeEach(() => fresh.database.grow(fresh.log, 300));

  it.each([
    'latest',
    lookup(5),
    'tile/8/0/000',
    'tile/8/0/001.p/44',
    'tile/8/0/001.p/3',
    'tile/8/1/000.p/1',
    'tile/8/data/000',
    'tile/8/data/001.p/44',
    'tile/8/data/001.p/2',
  ])('%s is what the database says', async (path) => {
    const { client } = startWorker(fresh.database, fresh.store, fresh.log);
    await client.keep(path, SIGNAL);
    expect(await storedAt(fresh.store, path)).toEqual(await fresh.database.answer(fresh.log, path));
  });

  it('a partial tile of any width comes without a question, once the tree is known', async () => {
    const { client, middleman } = startWorker(fresh.database, fresh.store, fresh.log);
    await client.keep('latest', SIGNAL);
    await client.keep('tile/8/0/001.p/44', SIGNAL);
    const before = middleman.asked.length;
    await client.keep('tile/8/0/001.p/9', SIGNAL);
    expect(middleman.asked).toHaveLength(before);
    expect(await storedAt(fresh.store, 'tile/8/0/001.p/9')).toEqual(
      await fresh.database.answer(fresh.log, 'tile/8/0/001.p/9'),
    );
  });

  it('the latest head never goes back', async () => {
    const old = await fresh.database.answer(fresh.log, 'latest');
    await fresh.database.grow(fresh.log, 400);
    const { client, middleman } = startWorker(fresh.database, fresh.store, fresh.log);
    await client.keep('latest', SIGNAL);
    middleman.lie = () => old;
    await client.keep('latest', SIGNAL);
    expect(await storedAt(fresh.store, 'latest')).toEqual(await fresh.database.answer(fresh.log, 'latest'));
  });

  it('a tile beyond the tree is not found, and not asked for', async () => {
    const { client, middleman } = startWorker(fresh.database, fresh.store, fresh.log);
    for (const path of [
      'tile/8/0/001.p/45',
      'tile/8/0/002',
      'tile/8/1/000.p/2',
      'tile/8/6/x999/999',
      'tile/8/data/001.p/45',
      'tile/8/63/000',
    ])
      expect(await refusalOf(client.keep(path, SIGNAL))).toBe('not-found: beyond the tree of the checksum database');
    expect(middleman.tiles.sort()).toEqual(['tile/8/0/001.p/44', 'tile/8/1/000.p/1']);
  });

  it('a tile that the tree has grown to meanwhile is found', async () => {
    const { client } = startWorker(fresh.database, fresh.store, fresh.log);
    await client.keep('latest', SIGNAL);
    await fresh.database.grow(fresh.log, 310);
    await client.keep('tile/8/0/001.p/54', SIGNAL);
    expect(await storedAt(fresh.store, 'tile/8/0/001.p/54')).toEqual(
      await fresh.database.answer(fresh.log, 'tile/8/0/001.p/54'),
    );
  });

  it('a lookup is stored again when the store has lost it', async () => {
    const { client } = startWorker(fresh.database, fresh.store, fresh.log);
    await client.keep(lookup(5), SIGNAL);
    const [key] = (await Array.fromAsync(fresh.store.list('.meta/')))
      .map((entry) => entry.key)
      .filter((one) => one.endsWith(lookup(5)));
    await fresh.store.delete(key ?? '');
    await client.keep(lookup(5), SIGNAL);
    expect(await keysOf(fresh.store)).toContain(lookup(5));
  });

  it('nothing else is asked', async () => {
    const { client, middleman } = startWorker(fresh.database, fresh.store, fresh.log);
    for (const path of ['supported', 'tile/4/0/000', 'lookup/example.com/x', '../latest', 'tree/00000000000000000300'])
      expect(await refusalOf(client.keep(path, SIGNAL))).toContain('not-found');
    expect(middleman.asked).toEqual([]);
  });
});
