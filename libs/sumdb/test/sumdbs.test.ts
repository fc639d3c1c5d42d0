import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SumdbConfig } from '#libs/config';
import { MemoryObjectStore, ObjectMetaStore, readBody } from '#libs/storage';
import { SumdbArchive, Sumdbs } from '#libs/sumdb';
import { Middleman } from './support/middleman.js';
import { startTestDatabase, type TestDatabase } from './support/test-database.js';
import { lookup, refusalOf, SIGNAL, version } from './support/worker.js';

const NAME = 'sum.test/db';
/** A key of the same name that signed nothing. */
const OTHER_KEY = 'sum.test/db+5903555b+AZ7yY3iqoLmXy+N8fns7cwYEuX/xPH/lTWUL/5Y3zODx';
const PATHS = [lookup(1), 'tile/8/0/000.p/5', 'latest'];

let database: TestDatabase;
let keyed: SumdbConfig;
let meta: ObjectMetaStore;
let middleman: Middleman;

beforeAll(async () => {
  database = await startTestDatabase();
  keyed = { name: NAME, verifierKey: database.verifierKey };
  await database.grow('log', 5);
});
afterAll(() => database.close());
beforeEach(() => {
  meta = new ObjectMetaStore(new MemoryObjectStore());
  middleman = new Middleman(database, 'log');
});

const sumdbs = (...proxied: SumdbConfig[]): Sumdbs =>
  new Sumdbs(proxied, meta, (_, path, context) => middleman.remote(path, context));

/** What the gateway finds. */
async function found(configured: SumdbConfig, path: string): Promise<Buffer | null> {
  const kind = path === 'latest' ? 'latest' : path.startsWith('tile') ? 'tile' : 'lookup';
  const answer = await new SumdbArchive(meta, 60_000, [configured]).find({ kind, name: NAME, path });
  return answer?.body ? readBody(answer.body) : null;
}

describe('a database whose key is known', () => {
  it('is verified, and the gateway finds what is kept of it', async () => {
    for (const path of PATHS) {
      await sumdbs(keyed).keep(NAME, path, SIGNAL);
      expect(await found(keyed, path)).toEqual(await database.answer('log', path));
    }
    middleman.lie = () => Buffer.from('lies');
    expect(await refusalOf(sumdbs(keyed).keep(NAME, lookup(2), SIGNAL))).toContain('upstream');
    expect(await found(keyed, lookup(2))).toBeNull();
  });

  it('is served nothing of that was stored without its key, or verified with another', async () => {
    await sumdbs({ name: NAME }).keep(NAME, lookup(1), SIGNAL);
    expect(await found(keyed, lookup(1))).toBeNull();
    await sumdbs(keyed).keep(NAME, lookup(1), SIGNAL);
    expect(await found({ name: NAME, verifierKey: OTHER_KEY }, lookup(1))).toBeNull();
  });

  it('has one client, however often it is asked for', () => {
    const all = sumdbs(keyed);
    expect(all.client(keyed)).toBe(all.client({ ...keyed, url: 'https://sum.test' }));
  });

  it('may be the well-known public one by its name alone', () => {
    const all = sumdbs();
    const client = all.client({ name: 'sum.golang.org' });
    expect(client).not.toBeNull();
    expect(all.client({ name: 'sum.golang.org', url: 'https://mirror.test' })).toBe(client);
  });
});

describe('a database whose key nobody told', () => {
  it('is proxied as it is, and proves nothing', async () => {
    const bare = { name: NAME };
    expect(sumdbs(bare).client(bare)).toBeNull();
    for (const path of PATHS) {
      await sumdbs(bare).keep(NAME, path, SIGNAL);
      expect(await found(bare, path)).toEqual(await database.answer('log', path));
    }
  });

  it('gets its latest head replaced, all else stays', async () => {
    const bare = { name: NAME };
    for (const text of ['first', 'second']) {
      middleman.lie = () => Buffer.from(text);
      for (const path of PATHS) await sumdbs(bare).keep(NAME, path, SIGNAL);
    }
    expect(String(await found(bare, 'latest'))).toBe('second');
    expect(String(await found(bare, lookup(1)))).toBe('first');
  });
});

it('a database that is not proxied is not asked', async () => {
  expect(await refusalOf(sumdbs(keyed).keep('sum.test', 'latest', SIGNAL))).toContain('not-found: sum.test: ');
  expect(middleman.asked).toEqual([]);
});

it('a worker that verifies what it stores and one that keeps it for clients share their client', async () => {
  const all = sumdbs(keyed);
  await all.client(keyed)?.checksums(version(1), SIGNAL);
  const before = middleman.asked.length;
  await all.keep(NAME, lookup(1), SIGNAL);
  expect(middleman.asked).toHaveLength(before);
});
