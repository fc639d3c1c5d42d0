import { describe, expect, it } from 'vitest';
import { freshLog } from './support/fresh-log.js';
import { lookup, refusalOf, SIGNAL, startWorker, storedAt, truth, version } from './support/worker.js';

const fresh = freshLog();

describe('of a database that takes in what it is asked for', () => {
  it('every look-up but those that fill a tile is proven by the ones before it', async () => {
    const { client, middleman } = startWorker(fresh.database, fresh.store, fresh.log);
    for (let id = 0; id < 300; id++)
      expect(await client.checksums(version(id), SIGNAL)).toEqual(await truth(fresh.database, fresh.log, id));
    expect(middleman.tiles).toEqual(['tile/8/1/000.p/1']);
  });

  it('a tile is stored when it is full, as if the database had given it', async () => {
    const { client } = startWorker(fresh.database, fresh.store, fresh.log);
    for (let id = 0; id < 257; id++) await client.checksums(version(id), SIGNAL);
    const tile = await fresh.database.answer(fresh.log, 'tile/8/0/000');
    expect(await storedAt(fresh.store, 'tile/8/0/000')).toEqual(tile);
  });

  it('a record that another has looked up is found in a tile', async () => {
    const { client, middleman } = startWorker(fresh.database, fresh.store, fresh.log);
    await client.checksums(version(0), SIGNAL);
    await fresh.database.answer(fresh.log, lookup(1));
    await client.checksums(version(2), SIGNAL);
    await client.checksums(version(3), SIGNAL);
    expect(middleman.tiles).toEqual(['tile/8/0/000.p/3']);
  });
});

describe('what a look-up says of its record', () => {
  it('convicts nobody but itself when it is a lie', async () => {
    const { client, middleman } = startWorker(fresh.database, fresh.store, fresh.log);
    await client.checksums(version(0), SIGNAL);
    middleman.lie = (path, answer) =>
      path === lookup(1) ? Buffer.from(answer.toString().replaceAll(/h1:.{4}/g, 'h1:AAAA')) : answer;
    expect(await refusalOf(client.checksums(version(1), SIGNAL))).toContain('cannot authenticate record data');
    expect(await client.checksums(version(2), SIGNAL)).toEqual(await truth(fresh.database, fresh.log, 2));
    middleman.lie = (_, answer) => answer;
    expect(await client.checksums(version(1), SIGNAL)).toEqual(await truth(fresh.database, fresh.log, 1));
    expect(middleman.tiles).toEqual(['tile/8/0/000.p/2']);
  });

  it('does not prove a record at a place that is not its own', async () => {
    const { client, middleman } = startWorker(fresh.database, fresh.store, fresh.log);
    await client.checksums(version(0), SIGNAL);
    await fresh.database.answer(fresh.log, lookup(1));
    middleman.lie = (path, answer) =>
      path === lookup(2) ? Buffer.from(answer.toString().replace(/^2\n/, '1\n')) : answer;
    expect(await refusalOf(client.checksums(version(2), SIGNAL))).toContain('cannot authenticate record data');
    middleman.lie = (_, answer) => answer;
    expect(await client.checksums(version(2), SIGNAL)).toEqual(await truth(fresh.database, fresh.log, 2));
  });
});
