import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.js';
import { moduleZip } from '../support/module-zip.js';
import type { StoaProcess } from '../support/processes.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

const WIDE = `/example.com/${'a'.repeat(201)}/@v/list`;
const LONG = `/example.com/${'abcdefgh/'.repeat(1000)}x/@v/list`;
const PSEUDO = 'v1.1.1-0.20240102030405-abcdef123456';

let upstream: FakeUpstream;
let stack: Stack;

beforeAll(async () => {
  upstream = await startUpstream();
  upstream
    .add('example.com/Mod', 'v1.0.0', {
      mod: 'module example.com/Mod\n\n// byte for byte \n',
      files: { 'a.go': 'package a\n' },
    })
    .add('example.com/Mod', 'v1.1.0')
    .add('example.com/Mod', 'v1.2.0-RC1')
    .add('example.com/old', 'v2.0.0+incompatible')
    .addList('example.com/Mod', ['v1.1.0', 'v1.0.0', 'v1.2.0-RC1', 'v2.0.0', 'v1.5', 'v1.4.0+meta', PSEUDO, 'junk'])
    .addRevision('example.com/Mod', 'master', { Version: PSEUDO, Time: '2024-01-02T03:04:05Z' })
    .addList('example.com/untagged', '')
    .addLatest('example.com/untagged', {
      Version: PSEUDO.replace('v1.1.1-0', 'v0.0.0').replace('.20', '-20'),
      Time: '2024-01-02T03:04:05Z',
    })
    .addLatest('example.com/Mod', null);
  stack = await startStack({ env: { GOPROXY: upstream.url } });
});
afterAll(async () => {
  await stack.close();
  await upstream.close();
});

const get = (path: string, init?: RequestInit) => ask(`${stack.url}${path}`, init);
const zip = moduleZip(
  { module: 'example.com/Mod', version: 'v1.0.0' },
  { 'go.mod': 'module example.com/Mod\n\n// byte for byte \n', 'a.go': 'package a\n' },
);

/** What a process logged about the request that the test named. */
const traced = (process: StoaProcess | undefined) =>
  process?.log.filter(({ requestId }) => requestId === 'traced-1') ?? [];

describe('a module request', () => {
  it('lists tagged versions of this major in semver order', async () => {
    const list = await get('/example.com/!mod/@v/list');
    expect([list.status, list.headers.get('content-type'), list.text]).toEqual([
      200,
      'text/plain; charset=utf-8',
      'v1.0.0\nv1.1.0\nv1.2.0-RC1\n',
    ]);
    expect(list.headers.get('cache-control')).toMatch(/^public, max-age=\d+$/);
  });

  it('gives an empty list to a module without tags, and 404 to an unknown one', async () => {
    const empty = await get('/example.com/untagged/@v/list');
    expect([empty.status, empty.text]).toEqual([200, '']);
    const unknown = await get('/example.com/unknown/@v/list');
    expect(unknown.status).toBe(404);
    expect(unknown.text).toMatch(/^not found: example\.com\/unknown: .*\n$/);
  });

  it('answers .info, .mod and .zip byte for byte, first fetched, then from memory or storage', async () => {
    const info = await get('/example.com/!mod/@v/v1.0.0.info');
    expect(JSON.parse(info.text)).toMatchObject({ Version: 'v1.0.0' });
    expect([info.headers.get('x-stoa-cache'), info.headers.get('cache-control')]).toEqual([
      'fetched',
      'public, max-age=604800',
    ]);
    const mod = await get('/example.com/!mod/@v/v1.0.0.mod');
    expect([mod.text, mod.headers.get('x-stoa-cache')]).toEqual([
      'module example.com/Mod\n\n// byte for byte \n',
      'storage',
    ]);
    expect(mod.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    for (const cache of ['fetched', 'memory']) {
      const answer = await get('/example.com/%21mod/@v/v1.0.0.zip');
      expect([answer.status, answer.headers.get('content-type'), answer.headers.get('x-stoa-cache')]).toEqual([
        200,
        'application/zip',
        cache,
      ]);
      expect(answer.bytes.equals(zip)).toBe(true);
      expect(answer.headers.get('content-length')).toBe(String(zip.length));
    }
  });

  it('answers a file from memory as the router does, to which a spelling of its own leads', async () => {
    for (const kind of ['info', 'mod', 'zip']) {
      const file = `v1.0.0.${kind}`;
      await get(`/example.com/!mod/@v/${file}`);
      const [quick, routed] = await Promise.all([
        get(`/example.com/!mod/@v/${file}`),
        get(`/example.com/!mod/%40v/${file}`),
      ]);
      const headers = ({ headers: all }: typeof quick) =>
        [...all].filter(([name]) => name !== 'x-request-id' && name !== 'date');
      expect(headers(quick)).toContainEqual(['x-stoa-cache', 'memory']);
      expect([quick.text, headers(quick)]).toEqual([routed.text, headers(routed)]);
    }
  });

  it('never fetches a zip for an .info or a .mod', async () => {
    await get('/example.com/!mod/@v/v1.1.0.info');
    await get('/example.com/!mod/@v/v1.1.0.mod');
    expect(upstream.count('/example.com/!mod/@v/v1.1.0.zip')).toBe(0);
  });

  it('chooses @latest from the list when the upstream has none, as go does', async () => {
    expect(JSON.parse((await get('/example.com/!mod/@latest')).text)).toMatchObject({ Version: 'v1.1.0' });
  });

  it('resolves a branch', async () => {
    const master = await get('/example.com/!mod/@v/master.info');
    expect(JSON.parse(master.text)).toMatchObject({ Version: PSEUDO });
    expect(master.headers.get('cache-control')).toMatch(/max-age=\d{1,2}$/);
  });

  it('takes + as it stands', async () => {
    expect(JSON.parse((await get('/example.com/old/@v/v2.0.0+incompatible.info')).text)).toMatchObject({
      Version: 'v2.0.0+incompatible',
    });
  });

  it('answers HEAD without a body', async () => {
    const head = await get('/example.com/!mod/@v/v1.0.0.zip', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), head.bytes.length]).toEqual([200, String(zip.length), 0]);
    expect((await get('/example.com/none/@v/v1.0.0.zip', { method: 'HEAD' })).status).toBe(404);
  });

  it('answers ranges and conditions', async () => {
    const path = '/example.com/!mod/@v/v1.0.0.zip';
    const part = await get(path, { headers: { range: 'bytes=2-5' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 2-5/${zip.length}`]);
    expect(part.bytes.equals(zip.subarray(2, 6))).toBe(true);
    const tail = await get(path, { headers: { range: 'bytes=-3' } });
    expect(tail.bytes.equals(zip.subarray(-3))).toBe(true);
    expect((await get(path, { headers: { range: `bytes=${zip.length}-` } })).status).toBe(416);
    const etag = part.headers.get('etag') ?? '';
    expect((await get(path, { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await get(path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
    expect(
      (await get(path, { headers: { 'if-modified-since': new Date(Date.now() + 60_000).toUTCString() } })).status,
    ).toBe(304);
  });
});

describe('a request that can be no module', () => {
  const asked = new Map<string, number>();
  beforeAll(() => {
    for (const [path, count] of upstream.counts) asked.set(path, count);
  });

  it.each([
    ['an element over 200 bytes', WIDE],
    ['a path of 9 kB', LONG],
    ...[
      '/example.com/Mod/@v/list',
      '/example.com/!!mod/@v/list',
      '/example.com/../etc/passwd/@v/list',
      '/example.com/%2e%2e/%2e%2e/etc/@v/list',
      '/example.com/mod//@v/list',
      '/example.com/mod/@v/list/',
      '/example.com/mod/@v/',
      '/example.com/mod/@v/v1.0.0',
      '/example.com/mod/@v/v1.0.0.tar',
      '/example.com/mod/@v/master.zip',
      '/example.com/mod/@v/-x.info',
      '/example.com/mod/@v/..%2f..%2fx.info',
      '/example.com/mod/@v/v2.0.0.mod',
      '/example.com/mod/@v/latest.info',
      '/example.com/con/@v/list',
      '/foo/@v/list',
      '/example.com/%00/@v/list',
      '/example.com/%ff%fe/@v/list',
      '/example.com/%zz/@v/list',
      '/example.com/a%252fb/@v/list',
      '/favicon.ico',
      '/sumdb/evil.example/supported',
      '/sumdb/127.0.0.1:80/latest',
    ].map((path) => [path, path]),
  ])('%s is 404 in one plain line', async (_name, path) => {
    const answer = await get(path);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'text/plain; charset=utf-8']);
    expect(answer.text).toMatch(/^not found: [^\n]{1,600}\n$/);
  });

  it('asks no upstream', () => {
    expect(Object.fromEntries(upstream.counts)).toEqual(Object.fromEntries(asked));
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])('%s is 405 with Allow', async (method) => {
    const answer = await get('/example.com/!mod/@v/list', { method });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

describe('the gateway itself', () => {
  it('says how to use it', async () => {
    const home = await get('/');
    expect(home.text).toContain(`GOPROXY=${stack.url}`);
    expect((await get('/robots.txt')).text).toContain('Disallow: /');
  });

  it('answers the probes', async () => {
    expect((await get('/healthz')).text).toBe('ok\n');
    expect(JSON.parse((await get('/readyz')).text)).toEqual({
      status: 'ok',
      checks: { storage: 'ok', redis: 'ok', workers: 'ok' },
    });
    expect(JSON.parse((await get('/version')).text)).toMatchObject({ name: 'stoa' });
  });

  it('keeps a request id that a caller chose, and gives one otherwise', async () => {
    expect((await get('/healthz', { headers: { 'x-request-id': 'build-42' } })).headers.get('x-request-id')).toBe(
      'build-42',
    );
    expect((await get('/healthz')).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('sends the request id with the job, so that both logs tell it', async () => {
    await get('/example.com/!mod/@v/v1.2.0-!r!c1.zip', { headers: { 'x-request-id': 'traced-1' } });
    await expect
      .poll(() => traced(stack.gateways[0]))
      .toContainEqual(expect.objectContaining({ msg: 'answered', status: 200 }));
    await expect
      .poll(() => traced(stack.workers[0]))
      .toContainEqual(expect.objectContaining({ job: 'fetch.zip', outcome: 'ok' }));
  });
});
