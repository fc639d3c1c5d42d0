import { describe, it } from 'vitest';
import { failover, HARMS, INSTALLATIONS, startSite, type Installation } from '../chaos/failover.js';
import { play } from '../chaos/scenario.js';

const WATCH = { before: 100, during: 0, after: 500, hitsPerSecond: 20, missesPerSecond: 5 };

// At once, for most of it is waiting until a death is noticed.
describe.concurrent('the primary that has the queues', { timeout: 240_000 }, () => {
  it.for(Object.keys(INSTALLATIONS) as Installation[])(
    'of a %s may be killed, and the next one frozen, while 100 misses are under way: each gets its file, within the patience',
    async (installation, { onTestFinished }) => {
      const site = await startSite(installation, { each: 1, latency: 0 });
      onTestFinished(() => site.close());
      for (const harm of HARMS) {
        const old = await site.redis.primary();
        await play(failover(harm, site, WATCH));
        await site.redis.revive(old);
      }
    },
  );
});
