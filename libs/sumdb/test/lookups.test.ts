import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ObjectMetaStore } from '#libs/storage';
import { SumdbClient } from '#libs/sumdb';
import { freshLog } from './support/fresh-log.js';
import { keysOf, lookup, refusalOf, SIGNAL, startWorker, truth, version } from './support/worker.js';

const fresh = freshLog();

describe('a lookup', () => {
  it('gives the hashes of the zip and the go.mod', async () => {
    await fresh.database.grow(fresh.log, 300);
    const { client } = startWorker(fresh.database, fresh.store, fresh.log);
    for (const id of [0, 7, 255, 256, 299, 300])
      expect(await client.checksums(version(id), SIGNAL)).toEqual(await truth(fresh.database, fresh.log, id));
  });

  it('escapes upper case in its path', async () => {
    const { client, middleman } = startWorker(fresh.database, fresh.store, fresh.log);
    await client.checksums({ module: 'example.com/Azure', version: 'v1.0.0-RC1' }, SIGNAL);
    expect(middleman.asked[0]).toBe('lookup/example.com/!azure@v1.0.0-!r!c1');
  });

  it('is stored with its tree head and its full tiles, so that a worker to come asks nothing again', async () => {
    await fresh.database.grow(fresh.log, 300);
    await startWorker(fresh.database, fresh.store, fresh.log).client.checksums(version(7), SIGNAL);
    expect(await keysOf(fresh.store)).toEqual([lookup(7), 'tile/8/0/000', 'tree/00000000000000000300']);

    const next = startWorker(fresh.database, fresh.store, fresh.log);
    expect(await next.client.checksums(version(7), SIGNAL)).toEqual(await truth(fresh.database, fresh.log, 7));
    expect(next.middleman.asked).toEqual([]);
    await next.client.checksums(version(8), SIGNAL);
    expect(next.middleman.asked).not.toContain('tile/8/0/000');
  });

  it('of a version that the database does not know is passed on as not found', async () => {
    const { client } = startWorker(fresh.database, fresh.store, fresh.log);
    expect(await refusalOf(client.checksums({ module: 'absent.test/x', version: 'v1.0.0' }, SIGNAL))).toBe(
      'not-found: absent.test/x@v1.0.0: the database says 404',
    );
    expect(await keysOf(fresh.store)).toEqual([]);
  });

  it('ends when its caller goes away, and goes on for the others', async () => {
    await fresh.database.grow(fresh.log, 5);
    const { client, middleman } = startWorker(fresh.database, fresh.store, fresh.log);
    const leaving = new AbortController();
    middleman.lie = (_, answer) => {
      leaving.abort(new Error('gone'));
      return answer;
    };
    const [left, stayed] = await Promise.allSettled([
      client.checksums(version(1), leaving.signal),
      client.checksums(version(1), SIGNAL),
    ]);
    expect(left).toMatchObject({ status: 'rejected', reason: { message: 'gone' } });
    expect(stayed).toMatchObject({ status: 'fulfilled', value: await truth(fresh.database, fresh.log, 1) });
  });

  it('is not fetched any further when nobody waits for it', async () => {
    const leaving = new AbortController();
    const asked = Promise.withResolvers<AbortSignal>();
    const client = new SumdbClient({
      verifierKey: fresh.database.verifierKey,
      meta: new ObjectMetaStore(fresh.store),
      remote: (_, { signal }) => {
        asked.resolve(signal);
        return once(signal, 'abort').then(() => Promise.reject(signal.reason as Error));
      },
    });
    const left = client.checksums(version(1), leaving.signal);
    const signal = await asked.promise;
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(signal.aborted).toBe(true);
  });

  it('is asked anew after a failure', async () => {
    await fresh.database.grow(fresh.log, 5);
    const { client, middleman } = startWorker(fresh.database, fresh.store, fresh.log);
    middleman.lie = () => {
      throw new Error('cut off');
    };
    await expect(client.checksums(version(1), SIGNAL)).rejects.toThrow('cut off');
    middleman.lie = (_, answer) => answer;
    expect(await client.checksums(version(1), SIGNAL)).toEqual(await truth(fresh.database, fresh.log, 1));
  });
});

describe('many lookups at once', () => {
  it('ask each thing once, and few tiles while the tree grows with each of them', async () => {
    const { client, middleman } = startWorker(fresh.database, fresh.store, fresh.log);
    const ids = Array.from({ length: 330 }, (_, id) => id);
    const found = await Promise.all(ids.flatMap((id) => [id, id]).map((id) => client.checksums(version(id), SIGNAL)));
    expect(found[12]).toEqual(await truth(fresh.database, fresh.log, 6));
    expect(middleman.asked).toHaveLength(new Set(middleman.asked).size);
    expect(middleman.tiles.length).toBeLessThan(100);
  });

  it('prove the largest of the tree heads that they bring, and with it all others', async () => {
    // Of one that nobody here looks up only a tile tells.
    await fresh.database.answer(fresh.log, lookup(20));
    const answers: Buffer[] = [];
    for (let id = 0; id < 20; id++) answers.push(await fresh.database.answer(fresh.log, lookup(id)));
    const { client, middleman } = startWorker(fresh.database, fresh.store, fresh.log);
    const all = Promise.withResolvers<void>();
    let here = 0;
    middleman.lie = async (path, answer) => {
      const recorded = answers[Number(/m(\d+)@/.exec(path)?.[1])];
      if (!recorded) return answer;
      if (++here === answers.length) all.resolve();
      await all.promise;
      return recorded;
    };
    await Promise.all(answers.map((_, id) => client.checksums(version(id), SIGNAL)));
    expect(middleman.tiles).toEqual(['tile/8/0/000.p/21']);
    expect((await keysOf(fresh.store)).filter((key) => key.startsWith('tree/'))).toEqual(['tree/00000000000000000021']);
  });

  it('are not held up by one that brings a false head', async () => {
    const answers: Buffer[] = [];
    for (let id = 0; id < 5; id++) answers.push(await fresh.database.answer(fresh.log, lookup(id)));
    const { client, middleman } = startWorker(fresh.database, fresh.store, fresh.log);
    const all = Promise.withResolvers<void>();
    let here = 0;
    const forged = await fresh.database.sign(`go.sum database tree\n9\n${'A'.repeat(43)}=\n`);
    middleman.lie = async (path, answer) => {
      const recorded = answers[Number(/m(\d+)@/.exec(path)?.[1])];
      if (!recorded) return answer;
      if (++here === answers.length) all.resolve();
      await all.promise;
      const record = recorded.subarray(0, recorded.indexOf('\n\n') + 2);
      return path === lookup(2) ? Buffer.concat([record, forged]) : recorded;
    };
    const found = await Promise.allSettled(answers.map((_, id) => client.checksums(version(id), SIGNAL)));
    expect(found.map(({ status }) => status)).toEqual(
      [0, 1, 2, 3, 4].map((id) => (id === 2 ? 'rejected' : 'fulfilled')),
    );
  });

  it('prove nothing twice: of a known tree one leaf tile serves 256 records', async () => {
    await fresh.database.grow(fresh.log, 600);
    const { client, middleman } = startWorker(fresh.database, fresh.store, fresh.log);
    await client.checksums(version(0), SIGNAL);
    const before = middleman.tiles.length;
    for (let id = 1; id < 512; id++) await client.checksums(version(id), SIGNAL);
    expect(middleman.tiles.slice(before)).toEqual(['tile/8/0/001']);
  });
});
