import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { churnCost, startInspectedStack, waitCost, type Inspected } from './long-polls.js';
import { recordFigure } from './report.js';

const MEBI = 2 ** 20;

let inspected: Inspected;

beforeAll(async () => {
  inspected = await startInspectedStack();
});
afterAll(() => inspected.close());

describe('a gateway', () => {
  it('leaks nothing and lets Redis grow no further over 50,000 misses', async () => {
    const { before, after, redis } = await churnCost(inspected, 50_000);
    recordFigure(
      `50,000 misses: heap ${mebi(before.heap)} -> ${mebi(after.heap)} MiB, descriptors ${before.descriptors} -> ${after.descriptors}, timers ${before.resources['Timeout'] ?? 0} -> ${after.resources['Timeout'] ?? 0}; data in Redis ${mebi(redis[0])} MiB after 30,000, ${mebi(redis[1])} MiB after 55,000`,
    );
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors + 8);
    expect(after.resources['Timeout'] ?? 0).toBeLessThanOrEqual((before.resources['Timeout'] ?? 0) + 8);
    expect(after.heap).toBeLessThan(before.heap + 24 * MEBI); // 20,000 remembered refusals and 64 MiB of lists are kept by intent
    expect(redis[1]).toBeLessThan(50 * MEBI);
    expect(redis[1]).toBeLessThan(redis[0] * 1.25);
  });

  it('has 5,000 clients wait for little memory and hardly any CPU', async () => {
    const { rss, cpu } = await waitCost(inspected, 5_000, 15_000);
    recordFigure(`5,000 waiting clients: ${mebi(rss)} MiB RSS, ${(cpu * 100).toFixed(1)} % of a CPU`);
    expect(rss).toBeLessThan(350 * MEBI);
    expect(cpu).toBeLessThan(0.05);
  });
});

function mebi(bytes: number): string {
  return (bytes / MEBI).toFixed(1);
}
