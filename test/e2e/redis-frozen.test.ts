import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.js';
import { startClusterRedis } from '../support/redis-cluster.js';
import { startRedis } from '../support/redis.js';
import { startProcesses } from '../support/stack.js';
import { held, startUpstream, type FakeUpstream } from '../support/upstream.js';

let upstream: FakeUpstream;

beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

/** A Redis, and a way to freeze the server that has the queues, which never thaws. */
const PLACES = {
  server: async () => {
    const redis = await startRedis();
    return { redis, freeze: () => redis.freeze() };
  },
  Cluster: async () => {
    const redis = await startClusterRedis();
    return { redis, freeze: async () => (await redis.primary()).freeze() };
  },
};

// At once, for most of it is waiting until a Redis is given up.
describe.concurrent('clients that wait when Redis freezes', { timeout: 120_000 }, () => {
  it.for(Object.keys(PLACES) as (keyof typeof PLACES)[])(
    'for good (%s) have what is stored meanwhile, and are refused what is not',
    async (kind, { onTestFinished }) => {
      const { redis, freeze } = await PLACES[kind]();
      onTestFinished(() => redis.close());
      const processes = await startProcesses(redis, { env: { GOPROXY: upstream.url } });
      onTestFinished(() => processes.close());
      const [stored, stuck] = ['stored', 'stuck'].map((name) => {
        const path = `/example.com/${kind.toLowerCase()}-${name}/@v/v1.0.0.zip`;
        const zip = held();
        upstream.add(`example.com/${kind.toLowerCase()}-${name}`, 'v1.0.0').respond(path, zip.script);
        return { zip, answer: ask(`${processes.url}${path}`) };
      }) as [Waiting, Waiting];
      onTestFinished(() => stuck.zip.release());
      await Promise.all([stored.zip.asked, stuck.zip.asked]);
      await freeze();
      stored.zip.release();
      expect((await stored.answer).status).toBe(200);
      const { status, text } = await stuck.answer;
      expect([status, text]).toEqual([503, expect.stringContaining('the job queue does not answer')]);
    },
  );
});

interface Waiting {
  readonly zip: ReturnType<typeof held>;
  readonly answer: ReturnType<typeof ask>;
}
