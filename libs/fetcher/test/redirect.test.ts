import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { redirect, status, times } from '../../../test/support/upstream.js';
import { redirectTarget } from '../src/upstream/redirect.js';
import { context, fetcher, refusal, upstream } from './fetching.js';
import { certificate } from './world.js';

const MODULE = 'example.com/m';
const VERSION = { module: MODULE, version: 'v1.0.0' };

async function start() {
  const source = await upstream();
  return { source, fetch: fetcher({ GOPROXY: source.url }), job: await context() };
}

describe('a redirect', () => {
  test.each([[301], [302], [303], [307], [308]])('%i is followed, relative and absolute', async (code) => {
    const [source, other] = [await upstream(), await upstream()];
    other.addFile('/there', '{"Version":"v1.0.0"}');
    source.respond('/example.com', redirect('/moved/info?sig=%2Fx', code));
    source.respond('/moved', redirect(`${other.url}/there?sig=%2Fy`, code));
    const fetch = fetcher({ GOPROXY: source.url });
    await fetch.info(VERSION, await context());
    expect(source.requests[1]?.url).toBe('/moved/info?sig=%2Fx');
    expect(other.requests[0]?.url).toBe('/there?sig=%2Fy');
  });

  test('to a signed URL keeps its query byte for byte', async () => {
    const [source, store] = [await upstream(), await upstream()];
    const query = "?X-Sig=a%2Fb%2fc+d&e='f'&g=%7E~&h=(i)*!,;:@/?&empty&=&j=%zz|{}";
    store.addFile('/bucket/m.info', '{"Version":"v1.0.0"}');
    source.respond('/', redirect(`${store.url}/bucket/m.info${query}#fragment`));
    await fetcher({ GOPROXY: `${source.url}?token=own` }).info(VERSION, await context());
    expect(source.requests[0]?.url).toMatch(/info\?token=own$/);
    expect(store.requests[0]?.url).toBe(`/bucket/m.info${query}`);
  });

  test.each([
    ['?a=b c', '?a=b%20c'],
    ['?a=\u00e9', '?a=%C3%A9'],
  ])('to a query that HTTP has no way to write, %j, escapes it', (query, sent) => {
    const from = { origin: 'https://a.example', path: '/x?y' };
    expect(redirectTarget(`/there${query}`, from)).toEqual({ origin: from.origin, path: `/there${sent}` });
  });

  test.each([
    ['there', '/a/there'],
    ['../there', '/there'],
    ['?c=d', '/a/b?c=d'],
    ['', '/a/b?q=1'],
    ['//b.example/there', '/there'],
  ])('to %j is relative to where it stands', (location, path) => {
    expect(redirectTarget(location, { origin: 'https://a.example', path: '/a/b?q=1' }).path).toBe(path);
  });

  test('keeps a zip whole', async () => {
    const [source, store] = [await upstream(), await upstream()];
    const zip = Buffer.from('PK and so on');
    store.addFile('/bucket/m.zip', zip);
    source.respond('/', redirect(`${store.url}/bucket/m.zip`));
    const fetched = await fetcher({ GOPROXY: source.url }).zip(VERSION, await context());
    expect(await readFile(fetched.zip.path)).toEqual(zip);
  });

  test('to an upstream that is gone is a fault of the way', async () => {
    const [source, store] = [await upstream(), await upstream()];
    source.respond('/', redirect(`${store.url}/bucket/m.zip?signature=secret`));
    await store.close();
    expect(await refusal(fetcher({ GOPROXY: source.url }).zip(VERSION, await context()))).toEqual({
      kind: 'upstream',
      message: 'example.com/m@v1.0.0: the upstream can not be reached (ECONNREFUSED)',
    });
  });

  test('without a location is a status like others', async () => {
    const { source, fetch, job } = await start();
    source.respond('/', status(302));
    expect((await refusal(fetch.info(VERSION, job))).message).toContain('the upstream answers with status 302');
  });

  test('is followed ten times', async () => {
    const { source, fetch, job } = await start();
    source.add(MODULE, 'v1.0.0').respond('/example.com', times(10, redirect('v1.0.0.info')));
    await fetch.info(VERSION, job);
    expect(source.requests).toHaveLength(11);
  });

  test.each([
    ['in a circle', redirect('v1.0.0.info'), 'more than 10 redirects'],
    ['to a file', redirect('file:///etc/passwd'), 'the upstream redirects to something that is no web address'],
    ['to nowhere', redirect('http://[x'), 'the upstream redirects to something that is no web address'],
  ])('%s is refused', async (_name, script, reason) => {
    const { source, fetch, job } = await start();
    source.respond('/', script);
    expect(await refusal(fetch.info(VERSION, job))).toEqual({
      kind: 'upstream',
      message: `example.com/m@v1.0.0: ${reason}`,
    });
  });
});

/** Upstreams that speak https, for go sends credentials to no other, and what makes their certificate known. */
async function startSecure() {
  const { file, tls } = await certificate();
  const open = () => upstream({ tls });
  return { source: await open(), other: await open(), extra: { SSL_CERT_FILE: file } };
}

const withCredentials = (url: string): string => url.replace('://', '://user:p%40ss%20word@');

describe('credentials of the URL', () => {
  const BASIC = `Basic ${Buffer.from('user:p@ss word').toString('base64')}`;

  test('are sent as Basic, on a redirect within the origin too', async () => {
    const { source, extra } = await startSecure();
    source.addFile('/there', '{"Version":"v1.0.0"}').respond('/example.com', redirect(`${source.url}/there`));
    await fetcher({ GOPROXY: withCredentials(source.url), extra }).info(VERSION, await context());
    expect(source.requests.map(({ headers }) => headers.authorization)).toEqual([BASIC, BASIC]);
  });

  test('are not sent to another origin, nor after it, nor are those of a location', async () => {
    const { source, other, extra } = await startSecure();
    other.respond('/', redirect(`${source.url}/back`));
    source
      .addFile('/back', '{"Version":"v1.0.0"}')
      .respond('/example.com', redirect(`${withCredentials(other.url)}/there`));
    await fetcher({ GOPROXY: withCredentials(source.url), extra }).info(VERSION, await context());
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    expect(source.requests.map(({ headers }) => headers.authorization)).toEqual([BASIC, undefined]);
  });

  test('and hosts are in no refusal and no source', async () => {
    const { source, extra } = await startSecure();
    source.add(MODULE, 'v1.0.0');
    const url = withCredentials(source.url).replace('127.0.0.1', 'localhost');
    const fetch = fetcher({ GOPROXY: url, extra });
    expect((await fetch.info(VERSION, await context())).source).toBe('localhost');
    source.respond('/', status(404, `reading ${withCredentials(source.url)}/x: gone`));
    expect(await refusal(fetch.info(VERSION, await context()))).toEqual({
      kind: 'not-found',
      message: 'example.com/m@v1.0.0: reading <url>: gone',
    });
  });
});
