import { expect } from 'vitest';
import { startBalancer, type Balancer } from '../support/balancer.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';
import type { Pace, Scenario } from './scenario.js';

/** Two gateways behind a plain TCP balancer, a worker, and an upstream that takes its time. */
export interface Balanced {
  readonly stack: Stack;
  readonly balancer: Balancer;
  readonly upstream: FakeUpstream;
  close(): Promise<void>;
}

/** Starts it. `poll`: how often the balancer asks for `/readyz`, `latency`: of the upstream's answers; in milliseconds. */
export async function startBalanced({ poll, latency }: { poll: number; latency: number }): Promise<Balanced> {
  const upstream = await startUpstream({ latency });
  const stack = await startStack({ gateways: 2, env: { GOPROXY: upstream.url, STOA_SHUTDOWN_GRACE: '30s' } });
  const balancer = await startBalancer(poll);
  for (const { url } of stack.gateways) balancer.add(url);
  return {
    stack,
    balancer,
    upstream,
    async close() {
      await balancer.close();
      await stack.close();
      await upstream.close();
    },
  };
}

/** Each gateway is replaced by a new one, one after the other, under load on kept connections. */
export function rollingRestart(
  { stack, balancer, upstream }: Balanced,
  { hitsPerSecond, missesPerSecond, ...watch }: Pace,
): Scenario {
  return {
    name: 'Rolling restart of two gateways behind a TCP balancer',
    promise: 'No request fails: not those on kept connections, nor those that wait for a job.',
    load: { gateways: [balancer.url], hitsPerSecond, missesPerSecond },
    upstream,
    watch,
    async inject() {
      const replaced = stack.gateways.slice(); // the new ones are added to it
      for (const old of replaced) {
        balancer.add((await stack.addGateway()).url);
        expect(await old.stop()).toBe(0);
        balancer.remove(old.url);
      }
    },
    recoversWithin: 0,
  };
}
