import { describe, expect, test } from 'vitest';
import { Metrics } from '#libs/observability';
import { disconnect, page, status, truncated } from '../../../test/support/upstream.js';
import { context, directSource, fetcher, refusal, upstream } from './fetching.js';

const MODULE = 'example.com/m';
const VERSION = { module: MODULE, version: 'v1.0.0' };
const FAULTS = {
  204: status(204),
  300: status(300),
  304: status(304),
  400: status(400),
  401: status(401),
  403: status(403),
  429: status(429),
  500: status(500),
  503: status(503),
  'no answer': disconnect(),
  'a web page': page(),
  'a short body': truncated('module example.com/m\n', 5),
};

describe('after not-found', () => {
  test.each([
    [404, ','],
    [404, '|'],
    [410, ','],
    [410, '|'],
  ])('a %i goes on at %j', async (code, separator) => {
    const [first, second] = [await upstream(), await upstream()];
    first.respond('/', status(code));
    second.add(MODULE, 'v1.0.0');
    const { mod } = await methods(`${first.url}${separator}${second.url}`);
    expect((await mod()).bytes.toString()).toBe('module example.com/m\n');
  });
});

describe('after any other fault', () => {
  test.each(Object.entries(FAULTS))('%s goes on at |', async (_name, fault) => {
    const [first, second] = [await upstream(), await upstream()];
    first.respond('/', fault);
    second.add(MODULE, 'v1.0.0');
    const { mod } = await methods(`${first.url}|${second.url}`);
    expect((await mod()).bytes.toString()).toBe('module example.com/m\n');
  });

  test.each(Object.entries(FAULTS))('%s ends the walk at a comma', async (_name, fault) => {
    const [first, second] = [await upstream(), await upstream()];
    first.respond('/', fault);
    second.add(MODULE, 'v1.0.0');
    const { mod } = await methods(`${first.url},${second.url}`);
    expect((await refusal(mod())).kind).not.toBe('not-found');
    expect(second.requests).toEqual([]);
  });

  test('an upstream that is gone is passed at | alone', async () => {
    const [gone, second] = [await upstream(), await upstream()];
    const { url } = gone;
    await gone.close();
    second.add(MODULE, 'v1.0.0');
    expect((await (await methods(`${url}|${second.url}`)).mod()).bytes.toString()).toBe('module example.com/m\n');
    expect(await refusal((await methods(`${url},${second.url}`)).mod())).toEqual({
      kind: 'upstream',
      message: 'example.com/m@v1.0.0: the upstream can not be reached (ECONNREFUSED)',
    });
  });
});

describe('the refusal that is reported', () => {
  test.each([
    ['404a,404b', 'not-found', 'b'],
    ['404a|404b', 'not-found', 'b'],
    ['403a|404b', 'forbidden', 'a'],
    ['404a,403b', 'forbidden', 'b'],
    // The go command reports the last one too, whatever its own comment says.
    ['500a|403b', 'forbidden', 'b'],
    ['403a|500b', 'upstream', 'the upstream answers with status 500'],
    ['403a|404b|404c', 'forbidden', 'a'],
    ['404a,off', 'not-found', 'module lookup disabled by GOPROXY=off'],
    ['403a|off', 'forbidden', 'a'],
    ['off', 'not-found', 'module lookup disabled by GOPROXY=off'],
    ['off,404a', 'not-found', 'module lookup disabled by GOPROXY=off'],
    ['404a,direct', 'not-found', 'no such repository'],
    ['403a|direct', 'not-found', 'no such repository'],
    ['403a,direct', 'forbidden', 'a'],
    ['direct,404a', 'not-found', 'no such repository'],
  ])('of %s is as go reports it', async (plan, kind, reason) => {
    const direct = directSource({ kind: 'not-found', message: 'example.com/m@v1.0.0: no such repository' });
    const entries = await Promise.all(
      [...plan.matchAll(/(?:(\d+)(\w)|(\w+))([,|]?)/g)].map(async ([, code, text, word, separator]) => {
        if (word !== undefined) return word + separator;
        const source = (await upstream()).respond('/', status(Number(code), text));
        return source.url + separator;
      }),
    );
    const fetch = fetcher({ GOPROXY: entries.join(''), direct: direct.fetcher });
    expect(await refusal(fetch.info(VERSION, await context()))).toEqual({
      kind,
      message: `example.com/m@v1.0.0: ${reason}`,
    });
  });
});

describe('GONOPROXY', () => {
  test.each([
    [{ GONOPROXY: 'example.com' }],
    [{ GOPRIVATE: 'other.example,*.com/m' }],
    [{ GONOPROXY: '*.com', GOPRIVATE: 'other.example' }],
  ])('%j keeps a module and its name from every proxy', async (patterns) => {
    const proxy = await upstream();
    const direct = directSource('all');
    const fetch = fetcher({ GOPROXY: `${proxy.url}|off`, direct: direct.fetcher, ...patterns });
    const job = await context();
    expect(await fetch.list(MODULE, job)).toEqual(['v9.9.9']);
    await fetch.latest(MODULE, job);
    await fetch.resolve(MODULE, 'main', job);
    await fetch.info(VERSION, job);
    await fetch.mod(VERSION, job);
    await fetch.zip(VERSION, job);
    expect(direct.asked).toHaveLength(6);
    expect(proxy.requests).toEqual([]);
  });

  test('wins over GOPRIVATE', async () => {
    const proxy = (await upstream()).add(MODULE, 'v1.0.0');
    const fetch = fetcher({ GOPROXY: proxy.url, GONOPROXY: 'none', GOPRIVATE: 'example.com' });
    expect(await fetch.list(MODULE, await context())).toEqual(['v1.0.0']);
  });

  test('reports what version control says, without another source', async () => {
    const proxy = (await upstream()).add(MODULE, 'v1.0.0');
    const direct = directSource({ kind: 'not-found', message: 'example.com/m: no such repository' });
    const fetch = fetcher({ GOPROXY: proxy.url, GONOPROXY: 'example.com', direct: direct.fetcher });
    expect(await refusal(fetch.list(MODULE, await context()))).toEqual({
      kind: 'not-found',
      message: 'example.com/m: no such repository',
    });
    expect(proxy.requests).toEqual([]);
  });
});

test('each file of a version walks the list by itself', async () => {
  const [first, second] = [await upstream(), await upstream()];
  first.add(MODULE, 'v1.0.0', { mod: null });
  second.add(MODULE, 'v1.0.0', { zip: null });
  const { mod, zip } = await methods(`${first.url},${second.url}`);
  await mod();
  await zip();
  expect(first.count('/example.com/m/@v/v1.0.0.mod')).toBe(1);
  expect(second.count('/example.com/m/@v/v1.0.0.mod')).toBe(1);
  expect(second.count('/example.com/m/@v/v1.0.0.zip')).toBe(0);
});

describe('without a go command', () => {
  test('direct alone is refused as busy', async () => {
    const { mod } = await methods('direct');
    expect(await refusal(mod())).toEqual({
      kind: 'busy',
      message: 'example.com/m@v1.0.0: this worker has no go command',
    });
  });

  test('the word of a proxy before direct is the last, so that a client may go on', async () => {
    const proxy = await upstream();
    const { mod } = await methods(`${proxy.url},direct`);
    expect(await refusal(mod())).toMatchObject({ kind: 'not-found' });
  });
});

describe('an abort', () => {
  test('ends the walk at once', async () => {
    const [first, second] = [await upstream(), await upstream()];
    const controller = new AbortController();
    first.respond('/', () => controller.abort());
    second.add(MODULE, 'v1.0.0');
    const fetch = fetcher({ GOPROXY: `${first.url}|${second.url}` });
    expect(await refusal(fetch.mod(VERSION, await context(controller.signal)))).toEqual({
      kind: 'timeout',
      message: 'example.com/m@v1.0.0: the time for this fetch is over',
    });
    expect(second.requests).toEqual([]);
  });

  test('before the start asks nobody', async () => {
    const proxy = await upstream();
    const fetch = fetcher({ GOPROXY: proxy.url });
    expect((await refusal(fetch.mod(VERSION, await context(AbortSignal.abort())))).kind).toBe('timeout');
    expect(proxy.requests).toEqual([]);
  });
});

test('requests are counted by source and outcome', async () => {
  const metrics = new Metrics();
  const proxy = (await upstream()).add(MODULE, 'v1.0.0', { mod: 'nonsense' });
  const direct = directSource('all');
  const fetch = fetcher({ GOPROXY: `${proxy.url}|direct`, direct: direct.fetcher, metrics });
  const job = await context();
  await fetch.info(VERSION, job);
  await fetch.mod(VERSION, job);
  await fetch.info({ ...VERSION, version: 'v2.0.0' }, job);

  const { values } = await metrics.upstreamRequests.get();
  expect(values.map(({ labels, value }) => [labels.source, labels.outcome, value])).toEqual([
    ['proxy', 'ok', 1],
    ['proxy', 'upstream', 1],
    ['direct', 'ok', 2],
    ['proxy', 'not-found', 1],
  ]);
  expect(await metrics.registry.getSingleMetricAsString('stoa_upstream_request_duration_seconds')).toContain(
    'stoa_upstream_request_duration_seconds_count 5',
  );
});

async function methods(GOPROXY: string) {
  const fetch = fetcher({ GOPROXY });
  const job = await context();
  return { mod: () => fetch.mod(VERSION, job), zip: () => fetch.zip(VERSION, job) };
}
