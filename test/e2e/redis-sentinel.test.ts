import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSentinelRedis, type SentinelRedis } from '../support/redis-sentinel.js';
import { startProcesses, type Processes } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';
import { sentinelFailover } from '../chaos/sentinel.js';
import { play } from '../chaos/scenario.js';

let upstream: FakeUpstream;
let redis: SentinelRedis;
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

describe('the primary of a Sentinel installation', () => {
  it('may be killed while 100 misses are under way: each gets its file, within the patience', async () => {
    const watch = { before: 500, during: 0, after: 3_000, hitsPerSecond: 20, missesPerSecond: 5 };
    const { shots } = await play(sentinelFailover('stop', { redis, processes, upstream }, watch));
    expect(shots.filter(({ path }) => path.startsWith('/example.com/held')).length).toBe(100);
  });
});
