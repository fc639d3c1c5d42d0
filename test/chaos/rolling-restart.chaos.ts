import { afterAll, beforeAll, describe, it } from 'vitest';
import { rollingRestart, startBalanced, type Balanced } from './rolling-restart.js';
import { play } from './scenario.js';

let balanced: Balanced;
beforeAll(async () => {
  balanced = await startBalanced({ poll: 1_000, latency: 500 });
});
afterAll(() => balanced?.close());

describe('two gateways behind a balancer that knows connections only', () => {
  it('are restarted one after the other, and no request fails', async () => {
    await play(
      rollingRestart(balanced, {
        before: 5_000,
        during: 5_000,
        after: 5_000,
        hitsPerSecond: 100,
        missesPerSecond: 10,
      }),
    );
  });
});
