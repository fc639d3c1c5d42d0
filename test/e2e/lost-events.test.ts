import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.js';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { startStack, type Stack } from '../support/stack.js';
import { held, startUpstream, type FakeUpstream } from '../support/upstream.js';

let upstream: FakeUpstream;
let stack: Stack;
let proxy: FaultProxy;
let gateway: string;

/** The gateway reaches Redis through a proxy that a test can hurt; the worker does not. */
beforeAll(async () => {
  upstream = await startUpstream();
  stack = await startStack({ gateways: 0, env: { GOPROXY: upstream.url } });
  proxy = await startFaultProxy({ path: stack.redis.path });
  await proxy.shut(); // it starts without a Redis
  ({ url: gateway } = await stack.addGateway({
    STOA_REDIS_URL: `redis://${proxy.address}`,
    STOA_QUEUE_PATIENCE: '30s',
  }));
  await proxy.open();
});
afterAll(async () => {
  await stack.close();
  await proxy.close();
  await upstream.close();
});

/** Asks for a zip, does harm while it is being fetched, lets the fetch end, and resolves with the answer. */
async function askAmid(name: string, harm: () => unknown, later: () => unknown = () => {}) {
  const path = `/example.com/${name}/@v/v1.0.0.zip`;
  const zip = held();
  upstream.add(`example.com/${name}`, 'v1.0.0').respond(path, zip.script);
  const answer = ask(`${gateway}${path}`);
  await zip.asked;
  await harm();
  zip.release();
  await later();
  return { status: (await answer).status, fetches: upstream.count(path) };
}

/** Waits until the worker is done with all that it took. */
async function jobsEnded(): Promise<void> {
  await expect.poll(() => stack.redis.command('llen', 'stoa:download:active')).toBe(0);
}

/** Trims the events of a job that has ended, then heals the connections. */
const trim = async (): Promise<void> => {
  await jobsEnded();
  await stack.redis.command('xtrim', 'stoa:download:events', 'maxlen', '0');
  proxy.set({});
};

/** Lets the connections that events come on swallow all. */
const swallowEvents = (): void => {
  for (const one of proxy.connections) if (/xread/i.test(one.lastSent)) one.set({ blackHole: true });
};

/** Makes Redis forget the job that is running. */
const forget = async (): Promise<void> => {
  const [jobId] = (await stack.redis.command('lrange', 'stoa:download:active', '0', '0')) as [string];
  await stack.redis.command('del', `stoa:download:${jobId}`, `stoa:download:${jobId}:lock`);
};

const ONCE = { status: 200, fetches: 1 };

describe('a client that waits', () => {
  it('is served by a gateway that was started before its Redis', async () => {
    upstream.add('example.com/early', 'v1.0.0');
    await expect.poll(async () => (await ask(`${gateway}/example.com/early/@v/list`)).status).toBe(200);
  });

  it('gets its file although its event was trimmed before it could be read', async () => {
    expect(await askAmid('trimmed', swallowEvents, trim)).toEqual(ONCE);
  });

  it('gets its file while the connection that events come on swallows all', async () => {
    const readers = () => proxy.connections.filter(({ lastSent }) => /xread/i.test(lastSent));
    await expect.poll(() => readers().length).toBe(1);
    expect(await askAmid('swallowed', () => readers()[0]!.set({ blackHole: true }))).toEqual(ONCE);
    proxy.set({});
  });

  it('gets its file when all connections are cut meanwhile', async () => {
    expect(await askAmid('cut', () => proxy.cut())).toEqual(ONCE);
  });

  it('gets its file from storage while Redis is out of reach', async () => {
    expect(await askAmid('unreachable', () => proxy.shut())).toEqual(ONCE);
    await proxy.open();
  });

  it('gets its file when Redis has forgotten the job but not who deduplicates it', async () => {
    await jobsEnded(); // so that the one that is running is this one's
    const answer = await askAmid('forgotten', forget);
    expect(answer.status).toBe(200);
    expect(answer.fetches).toBeLessThanOrEqual(2);
  });

  it('is not held up by a deduplication key of a job that nobody knows', async () => {
    upstream.add('example.com/stale', 'v1.0.0');
    await stack.redis.command('set', 'stoa:download:de:fetch.zip:example.com/stale@v1.0.0', 'no-such-job');
    expect((await ask(`${gateway}/example.com/stale/@v/v1.0.0.zip`)).status).toBe(200);
  });
});
