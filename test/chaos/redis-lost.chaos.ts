import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metric } from '../support/ask.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { startProcesses, type Processes } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';
import { REDIS_FAULTS, redisLost } from './redis-lost.js';
import { play } from './scenario.js';

let upstream: FakeUpstream;
let redis: TestRedis;
let processes: Processes;

beforeAll(async () => {
  upstream = await startUpstream({ latency: 20 });
  redis = await startRedis([], 'p@ss/w:rd');
  processes = await startProcesses(redis, { gateways: 2, workers: 2, env: { GOPROXY: upstream.url } });
});
afterAll(async () => {
  await processes.close();
  await redis.close();
  await upstream.close();
});

describe('Redis', () => {
  it.each(REDIS_FAULTS)('$name', async (fault) => {
    const rates = { hitsPerSecond: 100, missesPerSecond: 10 };
    const result = await play(
      redisLost(fault, { redis, processes, upstream }, { before: 5_000, during: 12_000, after: 15_000, ...rates }),
    );
    expect(result.shots.length).toBeGreaterThan(0);
    // No job is stuck for good.
    const [gateway] = processes.gateways;
    await expect.poll(() => metric(gateway!.ops, 'stoa_queue_jobs', { state: 'active' }), { timeout: 60_000 }).toBe(0);
  });
});
