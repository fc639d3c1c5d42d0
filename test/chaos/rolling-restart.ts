import { expect } from 'vitest';
import type { Balancer } from '../support/balancer.js';
import type { Stack } from '../support/stack.js';
import type { FakeUpstream } from '../support/upstream.js';
import type { Scenario } from './scenario.js';

/** All gateways replaced, one after the other, behind a balancer and under load; connections are kept. */
export function rollingRestart(
  { stack, balancer, upstream }: { stack: Stack; balancer: Balancer; upstream: FakeUpstream },
  { hitsPerSecond, missesPerSecond, ...watch }: Scenario['watch'] & { hitsPerSecond: number; missesPerSecond: number },
): Scenario {
  return {
    name: 'Rolling restart of two gateways',
    promise: 'No request fails: not those on kept connections, nor those that wait for a job.',
    load: { gateways: [balancer.url], hitsPerSecond, missesPerSecond },
    upstream,
    watch,
    async inject() {
      for (const old of [...stack.gateways]) {
        const fresh = await stack.addGateway();
        balancer.add(fresh.url);
        expect(await old.stop()).toBe(0);
        balancer.remove(old.url);
      }
    },
    recoversWithin: 0,
  };
}
