import { describe, expect, test } from 'vitest';
import { disconnect, hang, status, type Script } from '../../../test/support/upstream.js';
import { context, fetcher, refusal, upstream } from './fetching.js';

const MODULE = 'example.com/m';
const VERSION = { module: MODULE, version: 'v1.0.0' };
const LIST = '/example.com/m/@v/list';
const LATEST = '/example.com/m/@latest';

async function start() {
  const source = await upstream();
  return { source, fetch: fetcher({ GOPROXY: source.url }), job: await context() };
}

describe('a well-behaved upstream', () => {
  test('gives the files of a version byte for byte', async () => {
    const { source, fetch, job } = await start();
    const info = '{ "Time":"2024-01-02T03:04:05Z", "Version":"v1.0.0","Origin":{"VCS":"git"},"Other":1 }\n';
    source.add(MODULE, 'v1.0.0', { info, mod: '// hello\n\nmodule example.com/m // x\n' });
    expect(await fetch.info(VERSION, job)).toEqual({ bytes: Buffer.from(info), source: 'proxy' });
    expect((await fetch.mod(VERSION, job)).bytes.toString()).toBe('// hello\n\nmodule example.com/m // x\n');
  });

  test('is asked for escaped paths, percent-encoded as go does', async () => {
    const { source, fetch, job } = await start();
    source.add('github.com/Azure/x', 'v2.0.0-RC1+incompatible');
    source.addRevision('github.com/Azure/x', 'a b#c%d', { Version: 'v1.0.0' });
    await fetch.mod({ module: 'github.com/Azure/x', version: 'v2.0.0-RC1+incompatible' }, job);
    await fetch.resolve('github.com/Azure/x', 'a b#c%d', job);
    expect(source.requests.map(({ url }) => url)).toEqual([
      '/github.com/%21azure/x/@v/v2.0.0-%21r%21c1+incompatible.mod',
      '/github.com/%21azure/x/@v/a%20b%23c%25d.info',
    ]);
  });

  test('keeps the path and the query of its URL on every request', async () => {
    const source = await upstream();
    source.addFile(`/base/go${LIST}`, 'v1.0.0\n');
    const fetch = fetcher({ GOPROXY: `${source.url}/base//go//?token=abc` });
    expect(await fetch.list(MODULE, await context())).toEqual(['v1.0.0']);
    expect(source.requests[0]?.url).toBe(`/base/go${LIST}?token=abc`);
  });

  test('says versions as they are listed', async () => {
    const { source, fetch, job } = await start();
    source.addList(MODULE, 'v1.2.0 2024-01-02T03:04:05Z\r\n\n v1.0.0\nv0.0.0-20240101000000-0123456789ab\nnonsense\n');
    expect(await fetch.list(MODULE, job)).toEqual([
      'v1.2.0',
      'v1.0.0',
      'v0.0.0-20240101000000-0123456789ab',
      'nonsense',
    ]);
  });

  test('resolves a branch to a version of this module', async () => {
    const { source, fetch, job } = await start();
    source.addRevision(MODULE, 'main', { Version: 'v0.0.0-20240101000000-0123456789ab' });
    source.addRevision(MODULE, 'v2.0.0', { Version: 'v2.0.0+incompatible' });
    expect((await fetch.resolve(MODULE, 'main', job)).bytes.toString()).toContain('v0.0.0-20240101000000-0123456789ab');
    expect((await fetch.resolve(MODULE, 'v2.0.0', job)).bytes.toString()).toContain('v2.0.0+incompatible');
  });

  test('is asked over kept connections', async () => {
    const { source, fetch, job } = await start();
    source.add(MODULE, 'v1.0.0');
    const ports = new Set<number | undefined>();
    source.respond('/', (request, _response, serve) => {
      ports.add(request.socket.remotePort);
      serve();
    });
    for (let i = 0; i < 5; i++) {
      await fetch.info(VERSION, job);
      await refusal(fetch.info({ ...VERSION, version: 'v1.1.1' }, job));
      await fetch.zip(VERSION, job);
    }
    // Two, for undici may open another one while it tidies up after an answer.
    expect(ports.size).toBeLessThanOrEqual(2);
  });
});

describe('@latest', () => {
  test.each([[404], [410]])('that is %i is chosen from the list', async (code) => {
    const { source, fetch, job } = await start();
    source.add(MODULE, 'v1.1.0').add(MODULE, 'v1.2.0').add(MODULE, 'v1.3.0-rc.1');
    source.addList(MODULE, ['v1.1.0', 'v2.0.0', 'v1.3.0-rc.1', 'v1.2.0', 'v1.9.0+meta']);
    source.respond(LATEST, status(code));
    expect(JSON.parse((await fetch.latest(MODULE, job)).bytes.toString())).toMatchObject({ Version: 'v1.2.0' });
  });

  test('that is 404 is the newest pseudo-version of a list without tags', async () => {
    const { source, fetch, job } = await start();
    const newest = 'v0.0.0-20240301000000-aaaaaaaaaaaa';
    const versions = ['v0.0.0-20240101000000-cccccccccccc', newest, 'v0.0.0-20240201000000-bbbbbbbbbbbb'];
    for (const version of versions) source.add(MODULE, version);
    source.addList(MODULE, versions).addLatest(MODULE, null);
    expect(JSON.parse((await fetch.latest(MODULE, job)).bytes.toString())).toMatchObject({ Version: newest });
  });

  test('that is 404 is no version that the highest one retracts', async () => {
    const { source, fetch, job } = await start();
    source.add(MODULE, 'v1.0.0').add(MODULE, 'v1.1.0').addLatest(MODULE, null);
    source.add(MODULE, 'v1.2.0', { mod: `module ${MODULE}\n\nretract [v1.1.0, v1.2.0]\n` });
    expect(JSON.parse((await fetch.latest(MODULE, job)).bytes.toString())).toMatchObject({ Version: 'v1.0.0' });
  });

  test('stays not-found when the list is empty', async () => {
    const { source, fetch, job } = await start();
    source.addList(MODULE, []).respond(LATEST, status(404, 'not found: no commits'));
    expect(await refusal(fetch.latest(MODULE, job))).toEqual({
      kind: 'not-found',
      message: 'example.com/m: no commits',
    });
  });

  test('stays not-found when there is no list', async () => {
    const { fetch, job } = await start();
    expect((await refusal(fetch.latest(MODULE, job))).kind).toBe('not-found');
  });

  test('that fails is not chosen from the list', async () => {
    const { source, fetch, job } = await start();
    source.add(MODULE, 'v1.0.0').respond(LATEST, status(500));
    expect((await refusal(fetch.latest(MODULE, job))).kind).toBe('upstream');
    expect(source.count(LIST)).toBe(0);
  });

  test('of another major version is refused', async () => {
    const { source, fetch, job } = await start();
    source.addLatest(MODULE, { Version: 'v2.0.0' });
    expect(await refusal(fetch.latest(MODULE, job))).toEqual({
      kind: 'upstream',
      message: 'example.com/m: the upstream answers with version v2.0.0, which this module can not have',
    });
  });
});

describe('a status', () => {
  test.each([
    [404, 'not-found', 'not found in the upstream'],
    [410, 'not-found', 'not found in the upstream'],
    [403, 'forbidden', 'the upstream refuses it'],
    [451, 'forbidden', 'the upstream refuses it'],
    [401, 'upstream', 'the upstream needs credentials'],
    [429, 'upstream', 'the upstream has too many requests (429)'],
    [500, 'upstream', 'the upstream answers with status 500'],
    [504, 'upstream', 'the upstream answers with status 504'],
    [206, 'upstream', 'the upstream answers with status 206'],
    [204, 'upstream', 'the upstream answers with status 204'],
    [302, 'upstream', 'the upstream answers with status 302'],
  ])('%i is %s', async (code, kind, reason) => {
    const { source, fetch, job } = await start();
    source.respond('/', status(code, code === 204 ? '' : '<p>page</p>', 'text/html'));
    expect(await refusal(fetch.info(VERSION, job))).toEqual({ kind, message: `example.com/m@v1.0.0: ${reason}` });
  });

  test.each([
    ['text/plain', 'not found: example.com/m@v1.0.0: unknown revision v1.0.0\nmore', 'unknown revision v1.0.0'],
    ['text/plain; charset=UTF-8', '\n\n  gone \x1b[31m away  ', 'gone [31m away'],
    ['text/plain;charset=us-ascii', 'in /srv/go/pkg/x: exit status 128', 'in <path>: exit status 128'],
    ['text/plain; charset=iso-8859-1', 'nope', 'not found in the upstream'],
    ['text/plain', 'x'.repeat(9000), `${'x'.repeat(297)}...`],
  ])('of not-found tells what %s says', async (type, text, reason) => {
    const { source, fetch, job } = await start();
    source.respond('/', status(404, text, type));
    expect(await refusal(fetch.info(VERSION, job))).toEqual({
      kind: 'not-found',
      message: `example.com/m@v1.0.0: ${reason}`,
    });
  });
});

describe('a kept connection', () => {
  test('that the upstream closes is replaced', async () => {
    const { source, fetch, job } = await start();
    const { script, ended } = endUsed();
    source.add(MODULE, 'v1.0.0').respond('/', script);
    for (let i = 0; i < 5; i++) await fetch.info(VERSION, job);
    expect([ended(), source.requests.length]).toEqual([1, 6]);
  });

  test('is not what a new one that breaks is', async () => {
    const { source, fetch, job } = await start();
    source.respond('/', disconnect());
    expect((await refusal(fetch.mod(VERSION, job))).kind).toBe('upstream');
    expect(source.requests).toHaveLength(3);
  });
});

describe('a limit', () => {
  test('of time ends the wait for an answer', async () => {
    const source = (await upstream()).respond('/', hang());
    const fetch = fetcher({ GOPROXY: source.url, limits: { headersTimeout: 50 } });
    expect(await refusal(fetch.info(VERSION, await context()))).toEqual({
      kind: 'timeout',
      message: 'example.com/m@v1.0.0: the upstream does not answer in time',
    });
  });

  test('of time ends the wait within an answer', async () => {
    const source = (await upstream()).respond('/', hang('{"Version":'));
    const fetch = fetcher({ GOPROXY: source.url, limits: { bodyTimeout: 50 } });
    expect(await refusal(fetch.info(VERSION, await context()))).toEqual({
      kind: 'timeout',
      message: 'example.com/m@v1.0.0: the upstream stalls in mid-answer',
    });
  });

  test('of time lets | go on', async () => {
    const [first, second] = [await upstream(), await upstream()];
    first.respond('/', hang());
    second.add(MODULE, 'v1.0.0');
    const fetch = fetcher({ GOPROXY: `${first.url}|${second.url}`, limits: { headersTimeout: 1_000 } });
    await fetch.info(VERSION, await context());
    expect(second.requests).toHaveLength(1);
  });

  test.each([
    ['with', { 'content-length': '101' }],
    ['without', {}],
  ])('of size ends a text %s Content-Length', async (_with, headers) => {
    const source = await upstream();
    source.respond('/', (_request, response) => void response.writeHead(200, headers).end('v'.repeat(101)));
    const fetch = fetcher({ GOPROXY: source.url, limits: { textSize: 100 } });
    expect(await refusal(fetch.list(MODULE, await context()))).toEqual({
      kind: 'upstream',
      message: 'example.com/m: the answer of the upstream is larger than 100 bytes',
    });
  });
});

/** Ends one connection that was used before. */
function endUsed(): { readonly script: Script; ended: () => number } {
  const used = new WeakSet<object>();
  let ended = 0;
  const script: Script = ({ socket }, _response, serve) => {
    const end = ended === 0 && used.has(socket);
    used.add(socket);
    if (end) ended++;
    if (end) socket.destroy();
    else serve();
  };
  return { script, ended: () => ended };
}
