import { describe, expect, test, vi } from 'vitest';
import { disconnect, hang, status, times, truncated, type Script } from '../../../test/support/upstream.js';
import { readRetryAfter } from '../src/upstream/retry.js';
import { context, fetcher, refusal, upstream } from './fetching.js';

const VERSION = { module: 'example.com/m', version: 'v1.0.0' };

async function start(script: Script) {
  const source = (await upstream()).add(VERSION.module, VERSION.version).respond('/', script);
  return { source, fetch: fetcher({ GOPROXY: source.url }), job: await context() };
}

const waiting =
  (code: number, retryAfter: string): Script =>
  (_request, response) =>
    void response.writeHead(code, { 'retry-after': retryAfter }).end();

describe('what may pass', () => {
  test.each([
    ['429', status(429)],
    ['502', status(502)],
    ['503', status(503)],
    ['504', status(504)],
    ['a reset before the first byte', disconnect()],
    ['a Retry-After of no time', waiting(503, '0')],
    ['a Retry-After that is over', waiting(429, 'Thu, 01 Jan 1970 00:00:00 GMT')],
    ['a Retry-After that is none', waiting(503, 'soon')],
  ])('is tried again twice: %s', async (_name, fault) => {
    const passing = await start(times(2, fault));
    await passing.fetch.mod(VERSION, passing.job);
    await passing.fetch.zip(VERSION, passing.job);
    expect(passing.source.requests).toHaveLength(4);

    const lasting = await start(fault);
    expect((await refusal(lasting.fetch.mod(VERSION, lasting.job))).kind).toBe('upstream');
    expect(lasting.source.requests).toHaveLength(3);
  });

  test('of a zip leaves one file', async () => {
    const { fetch, job } = await start(times(2, status(503)));
    const { zip } = await fetch.zip(VERSION, job);
    expect(zip.size).toBeGreaterThan(0);
  });

  test('is a connection that is refused, once', async () => {
    const gone = await upstream();
    const { url } = gone;
    await gone.close();
    const fetch = fetcher({ GOPROXY: url, limits: { failures: 3 } });
    const job = await context();
    const reason = 'example.com/m@v1.0.0: the upstream can not be reached (ECONNREFUSED)';
    expect((await refusal(fetch.mod(VERSION, job))).message).toBe(reason);
    // The third failure in a row opens the circuit, so it was two so far.
    expect((await refusal(fetch.mod(VERSION, job))).message).toContain('is left alone');
  });
});

describe('what will not pass', () => {
  test.each([[400], [401], [403], [404], [410], [451], [500], [501], [204], [300], [304]])(
    'is asked once: %i',
    async (code) => {
      const { source, fetch, job } = await start(status(code));
      await refusal(fetch.mod(VERSION, job));
      expect(source.requests).toHaveLength(1);
    },
  );

  test('is a body that ends early', async () => {
    const { source, fetch, job } = await start(truncated('module example.com/m\n', 5));
    await refusal(fetch.mod(VERSION, job));
    await refusal(fetch.zip(VERSION, job));
    expect(source.requests).toHaveLength(2);
  });

  test('is an upstream that does not answer', async () => {
    const source = (await upstream()).respond('/', hang());
    const fetch = fetcher({ GOPROXY: source.url, limits: { headersTimeout: 500 } });
    expect((await refusal(fetch.mod(VERSION, await context()))).kind).toBe('timeout');
    await expect.poll(() => source.requests).toHaveLength(1);
  });
});

describe('a Retry-After', () => {
  test.each([
    ['longer than the limit', '31', {}, undefined],
    ['of a date far away', 'Fri, 31 Dec 2100 00:00:00 GMT', {}, undefined],
    ['longer than the time that is left', '20', {}, 10_000],
  ])('%s is not waited for', async (_name, retryAfter, limits, left) => {
    const source = (await upstream()).respond('/', waiting(503, retryAfter));
    const fetch = fetcher({ GOPROXY: source.url, limits });
    const deadline = left === undefined ? {} : { deadline: performance.now() + left };
    expect(await refusal(fetch.mod(VERSION, { ...(await context()), ...deadline }))).toEqual({
      kind: 'upstream',
      message: 'example.com/m@v1.0.0: the upstream answers with status 503',
    });
    expect(source.requests).toHaveLength(1);
  });

  test('that another source makes needless is not waited for', async () => {
    const [first, second] = [await upstream(), await upstream()];
    first.respond('/', waiting(503, '5'));
    second.add(VERSION.module, VERSION.version);
    await fetcher({ GOPROXY: `${first.url}|${second.url}` }).mod(VERSION, await context());
    expect([first.requests.length, second.requests.length]).toEqual([1, 1]);
  });

  test('that is waited for ends with the job', async () => {
    const controller = new AbortController();
    const source = (await upstream()).respond('/', waiting(503, '20'));
    const pausing = vi.spyOn(Math, 'random').mockImplementationOnce(() => {
      // The pause begins right after its length is chosen.
      setImmediate(() => controller.abort());
      return 0;
    });
    const fetch = fetcher({ GOPROXY: source.url });
    expect((await refusal(fetch.mod(VERSION, await context(controller.signal)))).kind).toBe('timeout');
    expect(pausing).toHaveBeenCalledOnce();
    expect(source.requests).toHaveLength(1);
  });

  test.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Wed, 21 Oct 2015 07:28:30 GMT', 30_000],
    ['Wed, 21 Oct 2015 07:27:00 GMT', 0],
    ['Wednesday, 21-Oct-15 07:28:01 GMT', 1000],
    ['-1', null],
    ['1.5', null],
    ['9999999999', null],
    ['Wed', null],
    ['', null],
    [undefined, null],
    [['1', '2'], null],
  ])('of %j is read', (value, milliseconds) => {
    expect(readRetryAfter(value, Date.parse('2015-10-21T07:28:00Z'))).toBe(milliseconds);
  });
});
