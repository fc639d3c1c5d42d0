import { afterAll, beforeAll, describe, it } from 'vitest';
import { startSentinelRedis } from '../support/redis-sentinel.js';
import type { FailoverRedis } from '../support/redis.js';
import { startProcesses, type Processes } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';
import { failover } from './failover.js';
import { play } from './scenario.js';

let upstream: FakeUpstream;
let redis: FailoverRedis;
let processes: Processes;

beforeAll(async () => {
  upstream = await startUpstream({ latency: 20 });
  redis = await startSentinelRedis();
  processes = await startProcesses(redis, { gateways: 2, workers: 2, env: { GOPROXY: upstream.url } });
});
afterAll(async () => {
  await processes.close();
  await redis.close();
  await upstream.close();
});

describe('the primary of a Sentinel installation', () => {
  it.each(['stop', 'freeze'] as const)('%s', async (harm) => {
    const watch = { before: 5_000, during: 0, after: 20_000, hitsPerSecond: 100, missesPerSecond: 10 };
    const old = await redis.primary();
    await play(failover('Sentinel', harm, { redis, processes, upstream }, watch));
    await redis.revive(old);
  });
});
