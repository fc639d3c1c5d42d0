import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.js';
import type { StoaProcess } from '../support/processes.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

let upstream: FakeUpstream;
let stack: Stack;
let offline: StoaProcess;

beforeAll(async () => {
  upstream = await startUpstream();
  upstream.add('example.com/kept', 'v1.0.0').add('example.com/kept', 'v1.1.0').add('example.com/never', 'v1.0.0');
  stack = await startStack({ env: { GOPROXY: upstream.url } });
  for (const path of ['v1.0.0.info', 'v1.0.0.zip']) await ask(`${stack.url}/example.com/kept/@v/${path}`);
  offline = await stack.addGateway({ STOA_NETWORK_MODE: 'offline', GOSUMDB: 'sum.golang.org' });
  upstream.counts.clear();
});
afterAll(async () => {
  await stack.close();
  await upstream.close();
});

const get = (path: string) => ask(`${offline.url}${path}`);

describe('an offline gateway', () => {
  it('serves what is stored', async () => {
    expect((await get('/example.com/kept/@v/v1.0.0.zip')).status).toBe(200);
  });

  it('lists what is stored, and has a latest of it', async () => {
    expect((await get('/example.com/kept/@v/list')).text).toBe('v1.0.0\n');
    expect(JSON.parse((await get('/example.com/kept/@latest')).text)).toMatchObject({ Version: 'v1.0.0' });
  });

  it.each([
    '/example.com/never/@v/v1.0.0.info',
    '/example.com/never/@v/list',
    '/example.com/never/@latest',
    '/example.com/kept/@v/master.info',
    '/example.com/kept/@v/v1.1.0.zip',
  ])('refuses %s with a 404 that says so', async (path) => {
    const answer = await get(path);
    expect([answer.status, answer.text]).toEqual([
      404,
      expect.stringMatching(/^not found: example\.com\/\S+: not stored, and this proxy is offline\n$/),
    ]);
  });

  it('does not promise a checksum database that it can not ask', async () => {
    expect((await get('/sumdb/sum.golang.org/supported')).status).toBe(404);
  });

  it('enqueues nothing and asks nobody', async () => {
    expect(upstream.counts.size).toBe(0);
    expect(await stack.redis.command('keys', 'stoa:*:wait')).toEqual([]);
  });
});
