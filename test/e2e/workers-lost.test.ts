import { describe, it } from 'vitest';
import { play } from '../chaos/scenario.js';
import { WORKER_FAULTS, workersLost } from '../chaos/workers.js';
import { startStack } from '../support/stack.js';
import { startUpstream } from '../support/upstream.js';

const WATCH = { before: 100, during: 100, after: 100, hitsPerSecond: 20, missesPerSecond: 5 };

// At once, for two of them wait until a lock has run out.
describe.concurrent('under load, no request fails and nothing is fetched a third time:', { timeout: 240_000 }, () => {
  it.for(WORKER_FAULTS)('$name', async (fault, { onTestFinished }) => {
    const upstream = await startUpstream({ latency: 200 });
    onTestFinished(() => upstream.close());
    const env = { GOPROXY: upstream.url, STOA_SHUTDOWN_GRACE: '200ms' };
    const stack = await startStack({ workers: 2, env });
    onTestFinished(() => stack.close());
    await play(workersLost(fault, { stack, upstream }, WATCH));
  });
});
