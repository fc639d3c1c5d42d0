import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.js';
import { startStack, type Stack } from '../support/stack.js';
import { age, readStored, writeStored } from '../support/storage-folder.js';
import { hang, startUpstream, status, type FakeUpstream } from '../support/upstream.js';

const TIME = '2024-01-02T03:04:05Z';
const [OLD, NEW] = ['v0.0.0-20240102030405-aaaaaaaaaaaa', 'v0.0.0-20240203040506-bbbbbbbbbbbb'];

let upstream: FakeUpstream;
let stack: Stack;

beforeAll(async () => {
  upstream = await startUpstream();
  const env = { GOPROXY: upstream.url, STOA_LIST_TTL: '1h', STOA_NOT_FOUND_TTL: '1h' };
  stack = await startStack({ gateways: 2, env });
});
afterAll(async () => {
  await stack.close();
  await upstream.close();
});

const refresh = (path: string, init: RequestInit = {}, gateway = stack.gateways[0]) =>
  ask(`${gateway?.ops}/-/refresh/${path}`, { method: 'POST', ...init });
const get = (path: string, gateway = stack.gateways[0]) => ask(`${gateway?.url}${path}`);

/** What the other gateway says, until it is what is expected: it is told over the channel. */
const expectElsewhere = (path: string) => expect.poll(async () => (await get(path, stack.gateways[1])).text);

describe('a refresh', () => {
  it('makes list, @latest and branches new on all gateways', async () => {
    upstream.add('example.com/New', 'v1.0.0').addRevision('example.com/New', 'Main', { Version: OLD, Time: TIME });
    const paths = ['/example.com/!new/@v/list', '/example.com/!new/@latest', '/example.com/!new/@v/!main.info'];
    for (const gateway of stack.gateways) for (const path of paths) await get(path, gateway);
    upstream.add('example.com/New', 'v1.1.0').addRevision('example.com/New', 'Main', { Version: NEW, Time: TIME });
    for (const gateway of stack.gateways) expect((await get(paths[0]!, gateway)).text).toBe('v1.0.0\n');

    const answer = await refresh('example.com/!new', { headers: { 'x-request-id': 'refresh-1' } });
    expect([answer.status, answer.headers.get('x-request-id'), JSON.parse(answer.text)]).toEqual([
      200,
      'refresh-1',
      { module: 'example.com/New', refreshed: ['list', '@latest', 'Main'], notFound: [] },
    ]);

    const marks = ['v1.1.0', 'v1.1.0', NEW];
    for (const [n, path] of paths.entries()) {
      expect((await get(path)).text).toContain(marks[n]);
      await expectElsewhere(path).toContain(marks[n]);
    }
    expect(upstream.count(paths[0]!)).toBe(2);
    await expect
      .poll(() => stack.gateways[0]?.log)
      .toContainEqual(
        expect.objectContaining({ requestId: 'refresh-1', module: 'example.com/New', from: '127.0.0.1' }),
      );
  });

  it('asks again for a fresh branch alone: an old one is asked anew in any case', async () => {
    upstream.add('example.com/branches', 'v1.0.0');
    for (const branch of ['fresh', 'old']) {
      upstream.addRevision('example.com/branches', branch, { Version: OLD, Time: TIME });
      await get(`/example.com/branches/@v/${branch}.info`);
    }
    await age(stack, '.meta/queries/example.com/branches/@v/old.json', 2 * 3_600_000);
    expect(JSON.parse((await refresh('example.com/branches')).text)).toMatchObject({
      refreshed: ['list', '@latest', 'fresh'],
    });
    expect(upstream.count('/example.com/branches/@v/old.info')).toBe(1);
  });

  it('takes back what was refused: the module, and versions that have come', async () => {
    const paths = ['/example.com/late/@v/list', '/example.com/late/@v/v1.0.0.info', '/example.com/late/@v/v1.0.0.zip'];
    for (const gateway of stack.gateways) for (const path of paths) expect((await get(path, gateway)).status).toBe(404);
    upstream.add('example.com/late', 'v1.0.0');
    expect((await get(paths[1]!)).headers.get('x-stoa-cache')).toBe('negative');
    expect((await refresh('example.com/late')).status).toBe(200);
    for (const path of paths) {
      expect((await get(path)).status).toBe(200);
      await expect.poll(async () => (await get(path, stack.gateways[1])).status).toBe(200);
    }
  });

  it('takes back what was refused of branches and of versions that no list names', async () => {
    const paths = ['main.info', `${NEW}.info`, `${NEW}.zip`].map((file) => `/example.com/unlisted/@v/${file}`);
    upstream.add('example.com/unlisted', 'v1.0.0');
    for (const gateway of stack.gateways) for (const path of paths) expect((await get(path, gateway)).status).toBe(404);
    upstream.add('example.com/unlisted', NEW).addRevision('example.com/unlisted', 'main', { Version: NEW, Time: TIME });
    expect((await refresh('example.com/unlisted')).status).toBe(200);
    for (const path of paths) {
      expect((await get(path)).status).toBe(200);
      await expect.poll(async () => (await get(path, stack.gateways[1])).status).toBe(200);
    }
  });

  it('keeps no refusal of a job that asked the upstream before and ends after it', async () => {
    const zip = '/example.com/across/@v/v1.1.0.zip';
    const released = Promise.withResolvers<void>();
    upstream.add('example.com/across', 'v1.0.0').respond(zip, async (_request, response, serve) => {
      if (upstream.count(zip) > 1) return serve();
      await released.promise;
      response.writeHead(404).end('not found\n');
    });
    const early = get(zip);
    await expect.poll(() => upstream.count(zip)).toBe(1);
    upstream.add('example.com/across', 'v1.1.0');
    expect((await refresh('example.com/across')).status).toBe(200);
    released.resolve();
    expect((await early).status).toBe(404);
    for (const gateway of stack.gateways) expect((await get(zip, gateway)).status).toBe(200);
  });

  it('does not take the answer of a request that was under way before', async () => {
    const list = '/example.com/early/@v/list';
    upstream.addList('example.com/early', ['v1.0.0']);
    await get(list);
    await age(stack, 'example.com/early/@v/list', 2 * 3_600_000);
    const released = Promise.withResolvers<void>();
    const [asked, before] = [upstream.count(list), upstream.requests.length];
    upstream.respond(list, async (_request, response, serve) => {
      if (upstream.count(list) !== asked + 1) return serve();
      await released.promise;
      response.writeHead(200).end('v1.0.0\n');
    });
    const gateway = await stack.addGateway(); // has nothing in memory
    const waiting = get(list, gateway);
    await expect.poll(() => upstream.requests.slice(before).map(({ path }) => path)).toContain(list);
    upstream.addList('example.com/early', ['v1.0.0', 'v1.1.0']);
    const refreshed = refresh('example.com/early');
    // The first request is released only when the refresh has found it under way.
    await expect.poll(() => upstream.count('/example.com/early/@latest')).toBeGreaterThan(0);
    released.resolve();
    expect((await refreshed).status).toBe(200);
    expect((await get(list)).text).toBe('v1.0.0\nv1.1.0\n');
    expect(upstream.count(list)).toBeGreaterThanOrEqual(asked + 2);
    await waiting;
  });

  it('outlives the gateway that did it', async () => {
    const gateway = await stack.addGateway();
    upstream.addList('example.com/lasting', ['v1.0.0']);
    await get('/example.com/lasting/@v/list', gateway);
    upstream.addList('example.com/lasting', ['v1.0.0', 'v1.1.0']);
    await refresh('example.com/lasting', {}, gateway);
    await gateway.kill();
    expect((await get('/example.com/lasting/@v/list', await stack.addGateway())).text).toBe('v1.0.0\nv1.1.0\n');
  });

  it('takes what a webhook sends with it, and does nothing about it', async () => {
    upstream.add('example.com/hooked', 'v1.0.0');
    for (const [type, body] of [
      ['application/json', '{"ref":'],
      ['application/json', ''],
      ['application/x-www-form-urlencoded', 'payload=x'],
      ['application/octet-stream', 'x'.repeat(3_000_000)],
    ] as const) {
      const answer = await refresh('example.com/hooked?event=push', { headers: { 'content-type': type }, body });
      expect([type, answer.status]).toEqual([type, 200]);
    }
  });
});

describe('a refresh that comes to nothing', () => {
  it.each([
    ['failing', status(500, 'broken'), 502, /^bad upstream: example\.com\/failing/],
    ['forbidding', status(403, 'no'), 403, /^forbidden: example\.com\/forbidding/],
  ])('because the upstream is %s leaves the answers as they are', async (fault, script, code, text) => {
    const module = `example.com/${fault}`;
    upstream.add(module, 'v1.0.0');
    await get(`/${module}/@v/list`);
    upstream.add(module, 'v1.1.0').respond(`/${module}/`, script);
    const answer = await refresh(module);
    expect([answer.status, answer.text]).toEqual([code, expect.stringMatching(text)]);
    const list = await get(`/${module}/@v/list`);
    expect([list.text, list.headers.get('x-stoa-cache')]).toEqual([
      'v1.0.0\n',
      expect.stringMatching(/memory|storage/),
    ]);
  });

  it('because the upstream is hanging leaves the answers as they are', async () => {
    const own = await startStack({ env: { GOPROXY: upstream.url, STOA_QUERY_TIMEOUT: '1s' } });
    try {
      await writeStored(own, 'example.com/hanging/@v/list', 'v1.0.0\n');
      upstream.respond('/example.com/hanging/', hang());
      const answer = await refresh('example.com/hanging', {}, own.gateways[0]);
      expect([answer.status, answer.text]).toEqual([504, expect.stringMatching(/^timed out: example\.com\/hanging/)]);
      const list = await get('/example.com/hanging/@v/list', own.gateways[0]);
      expect([list.text, list.headers.get('x-stoa-cache')]).toEqual([
        'v1.0.0\n',
        expect.stringMatching(/memory|storage/),
      ]);
    } finally {
      await own.close();
    }
  });

  it('because the module is unknown is 404, and stores nothing', async () => {
    const answer = await refresh('example.com/unknown');
    expect([answer.status, answer.text]).toEqual([404, expect.stringMatching(/^not found: example\.com\/unknown: /)]);
    expect(await readStored(stack, 'example.com/unknown/@v/list')).toBeNull();
  });

  it('because it has no @latest tells so', async () => {
    upstream.addList('example.com/untagged', []);
    expect(JSON.parse((await refresh('example.com/untagged')).text)).toEqual({
      module: 'example.com/untagged',
      refreshed: ['list'],
      notFound: ['@latest'],
    });
  });

  it.each(['', 'nodot', 'example.com/Upper', 'example.com/.git', 'example.com/a%252fb', 'example.com/x@v1', 'a.b//c'])(
    'because %j is no escaped module path is 404 in one line',
    async (path) => {
      const asked = upstream.requests.length;
      const answer = await refresh(path);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'text/plain; charset=utf-8']);
      expect(answer.text).toMatch(/^not found: [^\n]+\n$/);
      expect(upstream.requests.length).toBe(asked);
    },
  );

  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH'])('because it is a %s is 405 with Allow', async (method) => {
    const answer = await refresh('example.com/New', { method });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('because it comes to the clients’ listener is 405', async () => {
    const answer = await ask(`${stack.url}/-/refresh/example.com/!new`, { method: 'POST' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('because the gateway is offline is 503', async () => {
    const offline = await stack.addGateway({ STOA_NETWORK_MODE: 'offline' });
    const answer = await refresh('example.com/!new', {}, offline);
    expect([answer.status, answer.text]).toEqual([503, 'unavailable: example.com/New: this proxy is offline\n']);
  });

  it('because no worker runs, or Redis is away, is 503', async () => {
    const own = await startStack({ workers: 0, env: { GOPROXY: upstream.url } });
    try {
      const workerless = await refresh('example.com/x', {}, own.gateways[0]);
      expect([workerless.status, workerless.text]).toEqual([503, 'unavailable: example.com/x: no worker is running\n']);
      await own.redis.stop();
      const alone = await refresh('example.com/x', {}, own.gateways[0]);
      expect([alone.status, alone.text]).toEqual([503, 'unavailable: example.com/x: the job queue does not answer\n']);
    } finally {
      await own.close();
    }
  });
});
