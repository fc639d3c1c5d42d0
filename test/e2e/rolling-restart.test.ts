import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rollingRestart } from '../chaos/rolling-restart.js';
import { play } from '../chaos/scenario.js';
import { startBalancer, type Balancer } from '../support/balancer.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

let upstream: FakeUpstream;
let stack: Stack;
let balancer: Balancer;

beforeAll(async () => {
  upstream = await startUpstream({ latency: 50 });
  stack = await startStack({ gateways: 2, env: { GOPROXY: upstream.url, STOA_SHUTDOWN_GRACE: '20s' } });
  balancer = await startBalancer(100);
  for (const { url } of stack.gateways) balancer.add(url);
});
afterAll(async () => {
  await balancer?.close();
  await stack?.close();
  await upstream?.close();
});

describe('two gateways behind a balancer that knows connections only', () => {
  it('are restarted one after the other, and no request fails', async () => {
    const load = { hitsPerSecond: 50, missesPerSecond: 5 };
    const { shots } = await play(
      rollingRestart({ stack, balancer, upstream }, { before: 200, during: 200, after: 200, ...load }),
    );
    expect(shots.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    expect(stack.gateways.length).toBe(4);
  }, 60_000);
});
