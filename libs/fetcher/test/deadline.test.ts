import { describe, expect, test } from 'vitest';
import { hang, type Script } from '../../../test/support/upstream.js';
import { context, directSource, fetcher, refusal, upstream } from './fetching.js';

const VERSION = { module: 'example.com/m', version: 'v1.0.0' };
const MOD = 'module example.com/m\n';
/** Milliseconds of a job, of which a source with another after it gets half: more than a slow machine takes for the rest. */
const LEFT = 4_000;

/** Begins an answer and never ends it, though bytes keep coming. */
const endless: Script = (_request, response) => {
  const timer = setInterval(() => response.write(' '.repeat(1000)), 5);
  response.on('close', () => clearInterval(timer));
};

/** A job with so many milliseconds left, whose signal a test would wait for in vain. */
async function job(left: number) {
  return { ...(await context()), deadline: performance.now() + left };
}

describe('with another source after |', () => {
  test.each([
    ['never answers', hang()],
    ['never ends a text', hang('module ')],
    ['sends a text without end', endless],
  ])('a source that %s leaves time for it', async (_name, script) => {
    const [first, second] = [await upstream(), await upstream()];
    first.respond('/', script);
    second.add(VERSION.module, VERSION.version);
    const fetch = fetcher({ GOPROXY: `${first.url}|${second.url}` });
    expect((await fetch.mod(VERSION, await job(LEFT))).bytes.toString()).toBe(MOD);
    expect(second.requests).toHaveLength(1);
  });

  test('a source that never begins a zip leaves time for it', async () => {
    const [first, second] = [await upstream(), await upstream()];
    first.respond('/', hang());
    second.add(VERSION.module, VERSION.version);
    await fetcher({ GOPROXY: `${first.url}|${second.url}` }).zip(VERSION, await job(LEFT));
    expect(second.requests).toHaveLength(1);
  });

  test('a zip that has begun may take longer than its share', async () => {
    const [first, second] = [await upstream(), await upstream()];
    const zip = Buffer.from('PK and so on');
    first.respond('/', (_request, response) => {
      response.writeHead(200, { 'content-length': zip.length }).write(zip.subarray(0, 2));
      setTimeout(() => response.end(zip.subarray(2)), 0.55 * LEFT);
    });
    const fetched = await fetcher({ GOPROXY: `${first.url}|${second.url}` }).zip(VERSION, await job(LEFT));
    expect(fetched.zip.size).toBe(zip.length);
    expect(second.requests).toEqual([]);
  });

  test('that is direct, a source leaves time for it', async () => {
    const source = (await upstream()).respond('/', hang());
    const direct = directSource('all');
    await fetcher({ GOPROXY: `${source.url}|direct`, direct: direct.fetcher }).mod(VERSION, await job(LEFT));
    expect(direct.asked).toHaveLength(1);
  });
});

describe('without another source', () => {
  test.each([
    ['the last', (first: string, second: string) => `${first},${second}`],
    ['the only', (first: string) => first],
  ])('%s may take all the time there is', async (_name, list) => {
    const [first, second] = [await upstream(), await upstream()];
    first.add(VERSION.module, VERSION.version).respond('/', (_request, _response, serve) => {
      setTimeout(serve, 1200);
    });
    const fetch = fetcher({ GOPROXY: list(first.url, second.url) });
    expect((await fetch.mod(VERSION, await job(LEFT))).bytes.toString()).toBe(MOD);
  });

  test('a wait for a connection is a wait for the upstream', async () => {
    const source = (await upstream()).respond('/', hang());
    const fetch = fetcher({ GOPROXY: source.url, limits: { connections: 1 } });
    const both = await Promise.all([
      refusal(fetch.mod(VERSION, await job(500))),
      refusal(fetch.info(VERSION, await job(500))),
    ]);
    expect(both.map(({ message }) => message)).toEqual([
      'example.com/m@v1.0.0: the upstream does not answer in time',
      'example.com/m@v1.0.0: the upstream does not answer in time',
    ]);
  });

  test('an abort ends a wait for a connection at once, and what waited is never asked', async () => {
    const source = (await upstream())
      .add(VERSION.module, VERSION.version)
      .respond('/example.com/m/@v/v1.0.0.mod', hang());
    const fetch = fetcher({ GOPROXY: source.url, limits: { connections: 1 } });
    const [first, second] = [new AbortController(), new AbortController()];
    const hanging = refusal(fetch.mod(VERSION, await context(first.signal)));
    await expect.poll(() => source.requests.length).toBe(1);
    const waiting = refusal(fetch.info(VERSION, await context(second.signal)));
    second.abort();
    expect((await waiting).kind).toBe('timeout');
    first.abort();
    await hanging;
    expect(await fetch.list(VERSION.module, await context())).toEqual(['v1.0.0']);
    expect(source.requests.map(({ path }) => path)).toEqual(['/example.com/m/@v/v1.0.0.mod', '/example.com/m/@v/list']);
  });
});
