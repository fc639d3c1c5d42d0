import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, metric, sha256 } from '../support/ask.js';
import { moduleZip } from '../support/module-zip.js';
import { startStack, type Stack } from '../support/stack.js';
import { held, slow, startUpstream, status, type FakeUpstream } from '../support/upstream.js';

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

/** Asks all gateways for a path, `times` times each, at once. */
const askAll = (path: string, times: number) =>
  Promise.all(stack.gateways.flatMap(({ url }) => Array.from({ length: times }, () => ask(`${url}${path}`))));

/** Callers on all gateways who have joined jobs of this name so far. */
const joined = async (job: string) => {
  const counts = await Promise.all(
    stack.gateways.map(({ ops }) => metric(ops, 'stoa_single_flight_joined_total', { job })),
  );
  return counts.reduce((sum, count) => sum + count, 0);
};

describe('clients who miss the same thing at once', () => {
  it('cause one fetch and get the same bytes, on two gateways and three workers', async () => {
    const files = { 'go.mod': 'module example.com/big\n', 'data.bin': Buffer.alloc(3_000_000, 7) };
    const zip = held();
    upstream
      .add('example.com/big', 'v1.0.0', { files: { 'data.bin': files['data.bin'] } })
      .respond('/example.com/big/@v/v1.0.0.zip', zip.script);
    const asked = askAll('/example.com/big/@v/v1.0.0.zip', 20);
    await expect.poll(() => joined('fetch.zip')).toBe(39);
    zip.release();
    const answers = await asked;
    expect(new Set(answers.map(({ status: code }) => code))).toEqual(new Set([200]));
    const whole = sha256(moduleZip({ module: 'example.com/big', version: 'v1.0.0' }, files));
    expect(new Set(answers.map(({ bytes }) => sha256(bytes)))).toEqual(new Set([whole]));
    expect(upstream.count('/example.com/big/@v/v1.0.0.zip')).toBe(1);
    expect(await joined('fetch.zip')).toBe(39);
  });

  it('leave the rest of the version to one of them on each gateway', async () => {
    const info = held();
    upstream
      .add('example.com/rest', 'v1.0.0')
      .respond('/example.com/rest/@v/v1.0.0.zip', slow(300))
      .respond('/example.com/rest/@v/v1.0.0.info', info.script);
    const before = await joined('fetch.mod');
    await askAll('/example.com/rest/@v/v1.0.0.zip', 20);
    await info.asked;
    expect((await joined('fetch.mod')) - before).toBeLessThan(2);
    info.release();
    expect((await ask(`${stack.url}/example.com/rest/@v/v1.0.0.info`)).status).toBe(200);
  });

  it('fetch each file of a version once when all three are asked at once', async () => {
    upstream.add('example.com/three', 'v1.0.0').respond('/example.com/three/', slow(100));
    const answers = await Promise.all(
      ['info', 'mod', 'zip'].map((kind) => askAll(`/example.com/three/@v/v1.0.0.${kind}`, 5)),
    );
    expect(answers.flat().every(({ status: code }) => code === 200)).toBe(true);
    for (const kind of ['info', 'mod', 'zip'])
      expect([kind, upstream.count(`/example.com/three/@v/v1.0.0.${kind}`)]).toEqual([kind, 1]);
  });

  it('share a refusal, which then holds on all gateways', async () => {
    upstream.respond('/example.com/gone/', async (_request, response, serve) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      serve();
      void response;
    });
    const answers = await askAll('/example.com/gone/@v/v1.0.0.info', 10);
    expect(new Set(answers.map(({ status: code, text }) => `${code} ${text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(404);
    const again = await askAll('/example.com/gone/@v/v1.0.0.info', 2);
    expect(again.map(({ headers }) => headers.get('x-stoa-cache'))).toEqual(
      Array.from({ length: 4 }, () => 'negative'),
    );
    expect(upstream.count('/example.com/gone/@v/v1.0.0.info')).toBe(1);
  });

  it('serve a stale list at once for all while the upstream fails, and a new tag after it', async () => {
    // The age of a list counts from its storing, so a gateway with a short TTL shows what happens after it.
    const gateway = await stack.addGateway({ STOA_LIST_TTL: '1ms', STOA_NOT_FOUND_TTL: '1ms' });
    upstream.add('example.com/tags', 'v1.0.0');
    expect((await ask(`${gateway.url}/example.com/tags/@v/list`)).text).toBe('v1.0.0\n');
    upstream.respond('/example.com/tags/@v/list', status(500, 'broken'));
    const stale = await ask(`${gateway.url}/example.com/tags/@v/list`);
    expect([stale.status, stale.text, stale.headers.get('x-stoa-cache')]).toEqual([200, 'v1.0.0\n', 'stale']);
    upstream
      .add('example.com/tags', 'v1.1.0')
      .respond('/example.com/tags/@v/list', (_request, _response, serve) => serve());
    await expect.poll(async () => (await ask(`${gateway.url}/example.com/tags/@v/list`)).text).toBe('v1.0.0\nv1.1.0\n');
  });
});
