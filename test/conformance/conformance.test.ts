import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, metric } from '../support/ask.js';
import { startChecksumDatabase, type ChecksumDatabase } from '../support/checksum-database.js';
import type { StoaProcess } from '../support/processes.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';
import { fillUpstream, SECRETS, STORED_BEFORE } from './fixtures.js';
import { play, type Site } from './play.js';
import type { Room } from './row.js';
import { ROOMS } from './table.js';

/** A file that memory holds once it was asked for. */
const MEMORABLE = '/example.com/!mod/@v/v1.0.0.info';

let upstream: FakeUpstream;
let database: ChecksumDatabase;
let stack: Stack;
let bare: StoaProcess;
let sites: Record<NonNullable<Room['gateway']>, Site>;

beforeAll(async () => {
  upstream = await startUpstream();
  fillUpstream(upstream);
  database = await startChecksumDatabase(upstream, 'sum.test/db');
  const env = { GOPROXY: upstream.url, STOA_SUMDBS: database.gosumdb, STOA_QUERY_TIMEOUT: '5s' };
  stack = await startStack({ env });
  for (const path of STORED_BEFORE) expect([path, (await ask(`${stack.url}${path}`)).status]).toEqual([path, 200]);
  const alone = await stack.addGateway({
    STOA_BASE_PATH: '/go',
    STOA_REDIS_URL: `unix://${stack.folder}/no-redis`,
    STOA_LIST_TTL: '1ms',
    STOA_REFRESH_WAIT: '10ms',
  });
  bare = await stack.addGateway({ STOA_MEMORY_CACHE: '0' });
  const site = {
    module: 'example.com/!mod',
    version: 'v1.0.0',
    secrets: [...SECRETS, stack.folder, new URL(upstream.url).host],
  };
  sites = {
    main: { ...site, base: new URL(stack.url) },
    alone: { ...site, base: new URL(alone.url) },
  };
});
afterAll(async () => {
  await stack?.close();
  await database?.close();
  await upstream?.close();
});

/** How many requests reached the upstream, and how many events the queues have seen. */
async function traces(): Promise<unknown[]> {
  const queues = ['query', 'download'];
  const events = queues.map((queue) => stack.redis.command('xinfo', 'stream', `stoa:${queue}:events`));
  return [upstream.requests.map(({ url }) => url), ...(await Promise.all(events))];
}

describe.each(ROOMS.map((room) => [room.title, room] as const))('%s', (_title, room) => {
  let before: unknown[];
  beforeAll(async () => {
    before = await traces();
  });

  it.each(room.rows.map((row) => [row.rule, row] as const))('%s', async (_rule, row) => {
    const site = sites[room.gateway ?? 'main'];
    expect(await play(row, site)).toEqual([]);
    // On a connection whose last request was answered from memory, below the HTTP server.
    expect(await play(row, { ...site, before: { target: MEMORABLE, count: 2 } })).toEqual([]);
  });

  if (room.quiet) {
    it('asks no upstream and starts no job', async () => {
      expect(await traces()).toEqual(before);
    });
  }
});

describe('2.3 a refusal', () => {
  it('that was asked twice, as go does over https, went upstream once', async () => {
    const path = '/example.com/twice/@v/v1.0.0.info';
    const answers = [await ask(`${stack.url}${path}`), await ask(`${stack.url}${path}`)];
    expect(answers.map(({ status, text }) => [status, text])).toEqual([
      [404, answers[0]?.text],
      [404, answers[0]?.text],
    ]);
    expect(upstream.count(path)).toBe(1);
  });

  it('of the prefixes of a package, all asked at once, costs a request each that can be a module', async () => {
    const prefixes = ['a.b', 'a.b/c', 'a.b/c/d', 'a.b/c/d/e', 'a.b/c/d/e/con', 'a.b/c/d/e/v1'];
    const ask404s = () => Promise.all(prefixes.map((prefix) => ask(`${stack.url}/${prefix}/@v/list`)));
    for (const answers of [await ask404s(), await ask404s()]) {
      expect(answers.map(({ status }) => status)).toEqual([404, 200, 404, 404, 404, 404]);
    }
    expect(prefixes.map((prefix) => upstream.count(`/${prefix}/@v/list`))).toEqual([1, 1, 1, 1, 0, 0]);
  });

  it('of a user page of a known host costs one request, and then none', async () => {
    const path = '/github.com/some-org/@v/list';
    for (const code of [404, 404, 404]) expect((await ask(`${stack.url}${path}`)).status).toBe(code);
    expect(upstream.count(path)).toBe(1);
  });
});

describe('2.5 HEAD', () => {
  it.each([
    '/example.com/!mod/@v/v1.0.0.zip',
    '/example.com/!mod/@v/v1.0.0.mod',
    '/example.com/!mod/@v/v1.0.0.info',
    '/example.com/!mod/@v/list',
    '/example.com/!mod/@latest',
    '/example.com/!mod/@v/main.info',
    '/sumdb/sum.test/db/lookup/example.com/!mod@v1.0.0',
  ])('reads no body of %s from storage', async (path) => {
    // A gateway that keeps nothing in memory: what it reads, it reads from storage.
    const { url, ops } = bare;
    await ask(`${url}${path}`);
    const reads = () => metric(ops, 'stoa_storage_operation_duration_seconds_count', { operation: 'get' });
    const before = await reads();
    expect((await ask(`${url}${path}`, { method: 'HEAD' })).status).toBe(200);
    expect(await reads()).toBe(before);
    await ask(`${url}${path}`);
    expect(await reads()).toBe(before + 1);
  });
});
