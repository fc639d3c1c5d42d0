import { afterEach, expect, it } from 'vitest';
import { addModule, Load } from '../chaos/load.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

let upstream: FakeUpstream;
let stack: Stack;
afterEach(async () => {
  await stack.close();
  await upstream.close();
});

it(
  'workers that are replaced one by one under load fail no request and fetch nothing a third time',
  { timeout: 120_000 },
  async () => {
    upstream = await startUpstream({ latency: 300 });
    stack = await startStack({ workers: 2, env: { GOPROXY: upstream.url, STOA_SHUTDOWN_GRACE: '200ms' } });
    const load = new Load({ gateways: [stack.url], upstream, hitsPerSecond: 20, missesPerSecond: 10 });
    await load.start();
    for (const old of stack.workers.slice()) {
      await stack.addWorker();
      const underWay = addModule(upstream);
      void load.send('miss', underWay);
      await expect.poll(() => upstream.count(underWay.path), { timeout: 60_000 }).toBe(1);
      expect(await old.stop()).toBe(0);
    }
    await load.stop();
    expect(load.shots.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    expect(Math.max(...load.shots.map(({ path }) => upstream.count(path)))).toBeLessThanOrEqual(2);
  },
);
