import { Queue } from 'bullmq';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { indexKey, receiptKey } from '#libs/storage';
import { ask } from '../support/ask.js';
import { startStack, type Stack } from '../support/stack.js';
import { readStored, storedPath, writeStored } from '../support/storage-folder.js';
import { hang, startUpstream, type FakeUpstream } from '../support/upstream.js';

interface Line {
  readonly Path: string;
  readonly Version: string;
  readonly Timestamp: string;
}

/** Entries are held back for seconds, so there is no hurry to look. */
const SETTLED = { interval: 250 };

let upstream: FakeUpstream;
let stack: Stack;

beforeAll(async () => {
  upstream = await startUpstream();
  stack = await startStack({ gateways: 2, workers: 3, env: { GOPROXY: upstream.url } });
});
afterAll(async () => {
  await stack.close();
  await upstream.close();
});

const index = (query = '', url = stack.url) => ask(`${url}/index${query}`);
const lines = async (query = '', url = stack.url): Promise<Line[]> =>
  (await index(query, url)).text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
const path = (module: string, kind: string) => `/${module.replace('M', '!m')}/@v/v1.0.0.${kind}`;
const names = (found: readonly Line[]) => found.map(({ Path, Version }) => `${Path}@${Version}`);

/** Entries of long ago, one a second. */
async function writeEntries(count: number, module: string): Promise<void> {
  for (let n = 0; n < count; n++) {
    const time = new Date(Date.UTC(2020, 0, 1) + n * 1000).toISOString().replace('Z', '000000Z');
    await writeStored(stack, indexKey(time, { module, version: `v1.${n}.0` }), '');
  }
}

describe('the index', () => {
  it('is 200 and empty at first', async () => {
    const answer = await index();
    expect([answer.status, answer.text, answer.headers.get('content-type')]).toEqual([200, '', 'application/json']);
    expect(answer.headers.get('cache-control')).toMatch(/^public, max-age=\d$/);
  });

  it('names each version once, after all its files are stored, in the order of that', async () => {
    const modules = Array.from({ length: 6 }, (_, n) => `example.com/M${n}`);
    for (const module of modules) upstream.add(module, 'v1.0.0');
    upstream.add('example.com/noinfo', 'v1.0.0', { info: null }).add('example.com/nozip', 'v1.0.0');
    const url = (n: number) => stack.gateways[n % 2]?.url ?? '';
    // In every order and all at once, at both gateways.
    for (const [n, module] of modules.entries()) {
      const kinds = n % 2 === 0 ? ['zip', 'info', 'mod'] : ['info', 'mod', 'zip'];
      if (n < 4) for (const kind of kinds) await ask(`${url(n)}${path(module, kind)}`);
      else await Promise.all(kinds.flatMap((kind) => [0, 1].map((m) => ask(`${url(m)}${path(module, kind)}`))));
    }
    expect((await ask(`${stack.url}/example.com/noinfo/@v/v1.0.0.zip`)).status).toBe(200);
    expect((await ask(`${stack.url}/example.com/nozip/@v/v1.0.0.info`)).status).toBe(200);

    await expect.poll(async () => (await lines()).length, SETTLED).toBe(6);
    const found = await lines();
    expect(names(found).slice(0, 4)).toEqual(modules.slice(0, 4).map((module) => `${module}@v1.0.0`));
    expect(names(found).toSorted()).toEqual(modules.map((module) => `${module}@v1.0.0`));
    const times = found.map(({ Timestamp }) => Timestamp);
    expect(times).toEqual(times.toSorted());
    for (const { Path, Version, Timestamp } of found) {
      const receipt = await readStored(stack, receiptKey({ module: Path, version: Version }));
      expect((JSON.parse(receipt ?? '{}') as { stored: string }).stored).toBe(Timestamp);
    }
    expect(await lines('', stack.gateways[1]?.url)).toEqual(found);
  });

  it('is the same right after a restart', async () => {
    const found = await lines();
    const gateway = await stack.addGateway();
    expect(await lines('', gateway.url)).toEqual(found);
    await gateway.kill();
  });

  it('shows what is just stored once nothing can come before it any more', async () => {
    // Stamped by a clock that is ahead: what is younger than the hold-back is not shown, and nothing after it.
    const ahead = new Date(Date.now() + 3_600_000).toISOString().replace('Z', '000000Z');
    await writeStored(stack, indexKey(ahead, { module: 'example.com/ahead', version: 'v1.0.0' }), '');
    upstream.add('example.com/just', 'v1.0.0');
    for (const kind of ['info', 'zip']) await ask(`${stack.url}/example.com/just/@v/v1.0.0.${kind}`);
    await expect.poll(async () => names(await lines()).at(-1), SETTLED).toBe('example.com/just@v1.0.0');
  });

  it('has a version whose worker died before it was entered', async () => {
    const version = { module: 'example.com/M0', version: 'v1.0.0' };
    const kept = JSON.parse((await readStored(stack, receiptKey(version))) ?? '') as { stored: string };
    await rm(storedPath(stack, receiptKey(version)));
    await rm(storedPath(stack, indexKey(kept.stored, version)));
    // What another worker is given when the first one's lock is lost.
    const queue = new Queue('download', {
      prefix: 'stoa',
      connection: { path: stack.redis.url.slice('unix://'.length) },
    });
    await queue.add('fetch.zip', { schema: 1, requestId: 'taken-over', payload: version });
    await queue.close();
    await expect.poll(async () => names(await lines()).at(-1), SETTLED).toBe('example.com/M0@v1.0.0');
    expect(names(await lines()).filter((name) => name === 'example.com/M0@v1.0.0')).toHaveLength(1);
  });
});

describe('a part of the index', () => {
  beforeAll(() => writeEntries(2010, 'example.com/old'));

  it('is at most 2000 lines, also when nothing or more is asked for', async () => {
    for (const query of ['', '?limit=', '?limit=2001', '?limit=99999999999999999999', '?since=&include=&x=y'])
      expect([query, (await lines(query)).length]).toEqual([query, 2000]);
    expect(names(await lines('?limit=2'))).toEqual(['example.com/old@v1.0.0', 'example.com/old@v1.1.0']);
  });

  it.each([
    ['2020-01-01T00:33:20Z', 'v1.2000.0'],
    ['2020-01-01T00:33:20.000000000Z', 'v1.2000.0'],
    ['2020-01-01T00:33:20.000000001Z', 'v1.2001.0'],
    ['2020-01-01T00:33:19.5Z', 'v1.2000.0'],
    ['2020-01-01T02:33:20%2B02:00', 'v1.2000.0'],
    ['2020-01-01T02:33:20+02:00', 'v1.2000.0'],
    ['2019-12-31T19:03:20-05:30', 'v1.2000.0'],
    ['0001-01-01T00:00:00Z', 'v1.0.0'],
  ])('begins at %s', async (since, version) => {
    expect(names(await lines(`?since=${since}&limit=1`))).toEqual([`example.com/old@${version}`]);
  });

  it('of the future is empty', async () => {
    for (const since of ['2100-01-01T00:00:00Z', '9999-12-31T23:59:59.999999999-23:59']) {
      const answer = await index(`?since=${since}`);
      expect([answer.status, answer.text]).toEqual([200, '']);
    }
  });

  it('goes on where the last one ended, its last line once more', async () => {
    const seen: string[] = [];
    let since = '2020-01-01T00:00:00Z';
    for (let page = 0; page < 3; page++) {
      const found = await lines(`?since=${encodeURIComponent(since)}&limit=800&include=all`);
      if (page > 0) expect(names(found)[0]).toBe(seen.pop());
      seen.push(...names(found));
      since = found.at(-1)?.Timestamp ?? '';
    }
    expect(seen.slice(0, 2010)).toEqual(Array.from({ length: 2010 }, (_, n) => `example.com/old@v1.${n}.0`));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('has headers alone for HEAD', async () => {
    const answer = await ask(`${stack.url}/index?limit=1`, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-type'), answer.text]).toEqual([200, 'application/json', '']);
  });

  it.each([
    '?since=yesterday',
    '?since=2020-01-01',
    '?since=2020-01-01T00:00:00',
    '?since=2020-02-30T00:00:00Z',
    '?since=1577836800',
    '?limit=0',
    '?limit=-1',
    '?limit=1.5',
    '?limit=ten',
    '?limit=1e3',
    '?include=none',
    '?since=%ff',
  ])('that is asked for as %s is 400 in one line', async (query) => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await ask(`${stack.url}/index${query}`, { method });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'text/plain; charset=utf-8']);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      if (method === 'GET') expect(answer.text).toMatch(/^bad request: [^\n]+\n$/);
    }
  });

  it('is below the base path where there is one', async () => {
    const gateway = await stack.addGateway({ STOA_BASE_PATH: '/go' });
    expect(await lines('?limit=1', gateway.url)).toHaveLength(1);
    expect((await ask(`${gateway.url.replace('/go', '')}/index`)).status).toBe(404);
    await gateway.kill();
  });

  it('is served while Redis is away and jobs hang', async () => {
    upstream.respond('/example.com/hung/', hang());
    const hung = ask(`${stack.url}/example.com/hung/@v/v1.0.0.zip`).catch(() => null);
    await expect.poll(() => upstream.count('/example.com/hung/@v/v1.0.0.zip')).toBe(1);
    await stack.redis.stop();
    expect(names(await lines('?limit=1'))).toEqual(['example.com/old@v1.0.0']);
    await stack.redis.start();
    await stack.close();
    await hung;
  });
});
