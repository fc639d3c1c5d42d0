import { describe, expect, test, vi } from 'vitest';
import { hang, redirect, status, times } from '../../../test/support/upstream.js';
import { context, fetcher, refusal, upstream } from './fetching.js';
import { certificate, forwardProxy } from './world.js';

const NAME = 'sum.example/db';
const LOOKUP = 'lookup/github.com/!azure/x@v1.0.0';
const SUPPORTED = `/sumdb/${NAME}/supported`;

describe('a checksum database', () => {
  test('is asked through the first proxy that supports it, and through no other', async () => {
    const [first, second] = [await upstream(), await upstream()];
    second.addSumdb(NAME, { [LOOKUP]: 'answer', 'tile/8/0/000': Buffer.from([1, 2]) });
    const fetch = fetcher({ GOPROXY: `${first.url},${second.url}` });
    const job = await context();
    expect(await fetch.sumdb({ name: NAME }, LOOKUP, job)).toEqual({ bytes: Buffer.from('answer'), source: 'proxy' });
    expect((await fetch.sumdb({ name: NAME }, 'tile/8/0/000', job)).bytes).toEqual(Buffer.from([1, 2]));
    expect(await refusal(fetch.sumdb({ name: NAME }, 'latest', job))).toEqual({
      kind: 'not-found',
      message: 'sum.example/db/latest: sumdb/sum.example/db/latest',
    });
    expect(first.requests.map(({ path }) => path)).toEqual([SUPPORTED]);
    expect(second.count(SUPPORTED)).toBe(1);
    expect(second.requests[1]?.url).toBe(`/sumdb/${NAME}/lookup/github.com/%21azure/x@v1.0.0`);
  });

  test('is asked at its explicit URL without a probe', async () => {
    const [proxy, mirror] = [await upstream(), await upstream()];
    mirror.addFile(`/mirror/${LOOKUP}`, 'answer');
    const fetch = fetcher({ GOPROXY: proxy.url });
    const { bytes } = await fetch.sumdb({ name: NAME, url: `${mirror.url}/mirror` }, LOOKUP, await context());
    expect(bytes.toString()).toBe('answer');
    expect(proxy.requests).toEqual([]);
  });

  test.each([
    ['404,', 'direct'],
    ['410|', 'direct'],
    ['404,direct', 'direct'],
    ['404,off', 'direct'],
    ['off', 'direct'],
    ['500|direct', 'direct'],
    ['500,direct', 'upstream'],
    ['403,', 'forbidden'],
    // As in go: an error that was passed over stays one at the end of the list and at off.
    ['500|', 'upstream'],
    ['500|off', 'upstream'],
  ])('is found by %j: %s', async (plan, outcome) => {
    const proxy = await upstream();
    const code = /^\d+/.exec(plan)?.[0];
    if (code !== undefined) proxy.respond('/', status(Number(code)));
    const goproxy = plan.replace(/^\d+/, proxy.url);
    const { file, tls } = await certificate();
    const database = (await upstream({ tls })).addFile(`/db/${LOOKUP}`, 'answer');
    const extra = { HTTPS_PROXY: (await forwardProxy(database.url)).url, SSL_CERT_FILE: file };
    const asking = fetcher({ GOPROXY: goproxy, extra }).sumdb({ name: NAME }, LOOKUP, await context());
    if (outcome === 'direct') expect(await asking).toEqual({ bytes: Buffer.from('answer'), source: 'sum.example' });
    else expect((await refusal(asking)).kind).toBe(outcome);
    expect(database.requests).toHaveLength(outcome === 'direct' ? 1 : 0);
  });

  test('is probed again after a probe that failed', async () => {
    const proxy = (await upstream()).addSumdb(NAME, { [LOOKUP]: 'answer' });
    proxy.respond(SUPPORTED, times(1, status(500)));
    const fetch = fetcher({ GOPROXY: proxy.url });
    const job = await context();
    expect((await refusal(fetch.sumdb({ name: NAME }, LOOKUP, job))).kind).toBe('upstream');
    expect((await fetch.sumdb({ name: NAME }, LOOKUP, job)).bytes.toString()).toBe('answer');
    await fetch.sumdb({ name: NAME }, LOOKUP, job);
    expect(proxy.count(SUPPORTED)).toBe(2);
  });

  test('is probed again ten minutes after a probe that succeeded', async () => {
    const proxy = (await upstream()).addSumdb(NAME, { [LOOKUP]: 'answer' });
    const fetch = fetcher({ GOPROXY: proxy.url });
    const job = await context();
    const clock = vi.spyOn(performance, 'now');
    try {
      await fetch.sumdb({ name: NAME }, LOOKUP, job);
      const now = performance.now();
      clock.mockReturnValue(now + 9 * 60_000);
      await fetch.sumdb({ name: NAME }, LOOKUP, job);
      expect(proxy.count(SUPPORTED)).toBe(1);
      clock.mockReturnValue(now + 11 * 60_000);
      await fetch.sumdb({ name: NAME }, LOOKUP, job);
      expect(proxy.count(SUPPORTED)).toBe(2);
    } finally {
      clock.mockRestore();
    }
  });

  test('is no reason to wait longer than the job', async () => {
    const proxy = (await upstream()).respond('/', hang());
    const controller = new AbortController();
    const asking = refusal(
      fetcher({ GOPROXY: `${proxy.url}|direct` }).sumdb({ name: NAME }, LOOKUP, await context(controller.signal)),
    );
    await expect.poll(() => proxy.count(SUPPORTED)).toBe(1);
    controller.abort();
    expect((await asking).kind).toBe('timeout');
  });

  test('may be behind a redirect', async () => {
    const proxy = (await upstream()).addSumdb(NAME, { [LOOKUP]: 'answer' });
    proxy.respond(SUPPORTED, redirect('/ok')).addFile('/ok', '');
    const fetch = fetcher({ GOPROXY: proxy.url });
    expect((await fetch.sumdb({ name: NAME }, LOOKUP, await context())).bytes.toString()).toBe('answer');
  });
});
