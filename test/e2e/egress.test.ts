import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, metric } from '../support/ask.js';
import { startForwardProxy, type ForwardProxy } from '../support/forward-proxy.js';
import { startStack, type Stack } from '../support/stack.js';
import { redirect, startUpstream, type FakeUpstream } from '../support/upstream.js';

/** What listens inside: nothing may reach it. */
let inside: FakeUpstream;
let upstream: FakeUpstream;
/** Plays example.com, whose pages name repositories inside, and notes every other host that it is asked for. */
let world: ForwardProxy;
let stack: Stack;
const pages = new Map<string, string>();
const strangers: string[] = [];

beforeAll(async () => {
  [inside, upstream] = await Promise.all([startUpstream(), startUpstream()]);
  const { port } = new URL(inside.url);
  for (const [name, root] of Object.entries({
    git: `git http://127.0.0.1:${port}/repo`,
    odd: `git http://2130706433:${port}/repo`,
    name: `git http://localhost:${port}/repo`,
    ssh: `git ssh://git@127.0.0.1:${port}/repo`,
    mod: `mod http://127.0.0.1:${port}/`,
    metadata: 'git http://169.254.169.254/latest',
  })) {
    pages.set(`/${name}`, `<head><meta name="go-import" content="example.com/${name} ${root}"></head>`);
  }
  world = await startForwardProxy(async ({ target, response }) => {
    if (target.hostname !== 'example.com') strangers.push(target.host);
    if (target.pathname === '/redirect') response.writeHead(302, { location: `${inside.url}/x?go-get=1` });
    response.end(pages.get(target.pathname) ?? '');
  });
  upstream.respond('/', redirect(`http://127.0.0.1:${port}/there`));
  const variables = Object.entries({ ...world.env, GOINSECURE: '*' }).map(([name, value]) => `${name}=${value}`);
  stack = await startStack({
    env: {
      GOPROXY: upstream.url,
      GONOPROXY: 'example.com/*,127.0.0.1/*,127.1/*',
      STOA_GO_ENV: variables.join(';'),
      STOA_ALLOW_PRIVATE_ADDRESSES: 'example.com',
      // Without a setting about it git speaks no ssh.
      STOA_SSH_KNOWN_HOSTS_FILE: '/dev/null',
    },
  });
});

afterAll(async () => {
  await stack?.close();
  await Promise.all([world?.close(), inside?.close(), upstream?.close()]);
});

beforeEach(() => {
  strangers.length = 0;
});

describe('a client', () => {
  it.each(['git', 'odd', 'name', 'ssh', 'mod', 'metadata', 'redirect'])(
    'is told that a page may not lead inside: %s',
    async (name) => {
      const answer = await ask(`${stack.url}/example.com/${name}/@v/list`);
      expect(answer.status).toBe(403);
      expect(answer.text).toMatch(
        new RegExp(String.raw`^forbidden: example\.com/${name}: (host localhost: )?address not allowed\n?$`),
      );
      expect([inside.requests, strangers]).toEqual([[], []]);
    },
  );

  it('is told that an upstream may not redirect inside', async () => {
    const answer = await ask(`${stack.url}/example.org/m/@v/v1.0.0.info`);
    expect([answer.status, answer.text.trim()]).toEqual([403, 'forbidden: example.org/m@v1.0.0: address not allowed']);
    expect(upstream.requests).not.toEqual([]);
    expect(inside.requests).toEqual([]);
  });

  it.each(['127.0.0.1', '127.1'])('is told that %s is no home of modules', async (host) => {
    const answer = await ask(`${stack.url}/${host}/x/@v/list`);
    expect([answer.status, answer.text.trim()]).toEqual([403, `forbidden: ${host}/x: address not allowed`]);
  });
});

it('operators see what was refused', async () => {
  const [worker] = stack.workers;
  expect(await metric(worker?.ops ?? '', 'stoa_egress_refused_total', { range: 'loopback' })).toBeGreaterThan(0);
  await expect
    .poll(() => worker?.log)
    .toContainEqual(
      expect.objectContaining({
        msg: 'refused to connect: address not allowed',
        host: '169.254.169.254',
        range: 'metadata',
      }),
    );
});

it('a bad pattern stops the start', async () => {
  const start = stack.addWorker({ STOA_ALLOW_PRIVATE_ADDRESSES: '10.0.0.0/8' });
  await expect(start).rejects.toThrow('STOA_ALLOW_PRIVATE_ADDRESSES: "10.0.0.0/8" has no host name');
});
