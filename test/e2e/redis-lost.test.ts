import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REDIS_FAULTS, redisLost } from '../chaos/redis-lost.js';
import { play } from '../chaos/scenario.js';
import { metric } from '../support/ask.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { startProcesses, type Processes } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

let upstream: FakeUpstream;
let redis: TestRedis;
let processes: Processes;

beforeAll(async () => {
  upstream = await startUpstream();
  redis = await startRedis([], 'p@ss/w:rd');
  processes = await startProcesses(redis, { env: { GOPROXY: upstream.url } });
});
afterAll(async () => {
  await processes.close();
  await redis.close();
  await upstream.close();
});

const active = (): Promise<number> => metric(processes.gateways[0]!.ops, 'stoa_queue_jobs', { state: 'active' });

const WATCH = { before: 100, during: 1_500, after: 0, hitsPerSecond: 30, missesPerSecond: 5 };

describe('Redis', { timeout: 240_000 }, () => {
  it.each(REDIS_FAULTS)(
    '$name: hits go on, misses are 503 with Retry-After, and all comes back by itself',
    async (fault) => {
      const { shots } = await play(redisLost(fault, { redis, processes, upstream }, WATCH));
      expect(shots.some(({ outcome }) => outcome === '503')).toBe(true);
    },
  );

  it('leaves no job behind', async () => {
    await expect.poll(active).toBe(0);
  });
});
