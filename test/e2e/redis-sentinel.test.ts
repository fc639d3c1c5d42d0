import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSentinelRedis } from '../support/redis-sentinel.js';
import type { FailoverRedis } from '../support/redis.js';
import { startProcesses, type Processes } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';
import { failover } from '../chaos/failover.js';
import { play } from '../chaos/scenario.js';

let upstream: FakeUpstream;
let redis: FailoverRedis;
let processes: Processes;

beforeAll(async () => {
  [upstream, redis] = await Promise.all([startUpstream(), startSentinelRedis()]);
  processes = await startProcesses(redis, { gateways: 2, workers: 2, env: { GOPROXY: upstream.url } });
});
afterAll(async () => {
  await processes.close();
  await redis.close();
  await upstream.close();
});

/** Several servers and processes are started, or a fault is waited out: on a busy machine that takes its time. */
const SLOW = { timeout: 120_000 };

describe('the primary of a Sentinel installation', SLOW, () => {
  it('may be killed while 100 misses are under way: each gets its file, within the patience', async () => {
    const watch = { before: 500, during: 0, after: 3_000, hitsPerSecond: 20, missesPerSecond: 5 };
    const { shots } = await play(failover('Sentinel', 'stop', { redis, processes, upstream }, watch));
    expect(shots.filter(({ path }) => path.startsWith('/example.com/held')).length).toBe(100);
  });
});
