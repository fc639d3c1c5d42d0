import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { churnCost, startInspectedStack, waitCost, type Inspected } from '../chaos/long-polls.js';

let inspected: Inspected;
beforeAll(async () => {
  inspected = await startInspectedStack();
});
afterAll(() => inspected?.close());

describe('a gateway', () => {
  it('has nothing left of a thousand misses, a quarter of them refused', async () => {
    const { before, after } = await churnCost(inspected, 1_000);
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors + 8);
    expect(after.resources['Timeout'] ?? 0).toBeLessThanOrEqual((before.resources['Timeout'] ?? 0) + 8);
  });

  it('has hundreds of clients wait, and all get their answer', async () => {
    const { rss } = await waitCost(inspected, 500, 0);
    expect(rss).toBeLessThan(350 * 2 ** 20);
  });
});
