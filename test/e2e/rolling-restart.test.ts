import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rollingRestart, startBalanced, type Balanced } from '../chaos/rolling-restart.js';
import { play } from '../chaos/scenario.js';

let balanced: Balanced;
beforeAll(async () => {
  balanced = await startBalanced({ poll: 100, latency: 50 });
});
afterAll(() => balanced?.close());

describe('two gateways behind a balancer that knows connections only', () => {
  it('are restarted one after the other, and no request fails', async () => {
    const watch = { before: 200, during: 200, after: 200 };
    const { shots } = await play(rollingRestart(balanced, { ...watch, hitsPerSecond: 50, missesPerSecond: 5 }));
    expect(shots.some(({ kind }) => kind === 'miss')).toBe(true);
  });
});
