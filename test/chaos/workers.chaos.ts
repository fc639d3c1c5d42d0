import { afterEach, beforeEach, describe, it } from 'vitest';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';
import { play } from './scenario.js';
import { WORKER_FAULTS, workersLost } from './workers.js';

let upstream: FakeUpstream;
let stack: Stack;

beforeEach(async () => {
  upstream = await startUpstream({ latency: 200 });
  stack = await startStack({ gateways: 2, workers: 2, env: { GOPROXY: upstream.url, STOA_SHUTDOWN_GRACE: '1s' } });
});
afterEach(async () => {
  await stack.close();
  await upstream.close();
});

describe('workers', () => {
  it.each(WORKER_FAULTS)('$name', async (fault) => {
    const watch = { before: 5_000, during: 5_000, after: 15_000, hitsPerSecond: 100, missesPerSecond: 10 };
    await play(workersLost(fault, { stack, upstream }, watch));
  });
});
