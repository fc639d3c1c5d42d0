import { afterAll, beforeAll, describe, it } from 'vitest';
import { failover, HARMS, INSTALLATIONS, startSite, type Installation, type Site } from './failover.js';
import { play } from './scenario.js';

describe.each(Object.keys(INSTALLATIONS) as Installation[])(
  'the primary of a %s that has the queues',
  (installation) => {
    let site: Site;
    beforeAll(async () => {
      site = await startSite(installation, { each: 2, latency: 20 });
    });
    afterAll(() => site?.close());

    it.each(HARMS)('%s', async (harm) => {
      const watch = { before: 5_000, during: 0, after: 20_000, hitsPerSecond: 100, missesPerSecond: 10 };
      const old = await site.redis.primary();
      await play(failover(harm, site, watch));
      await site.redis.revive(old);
    });
  },
);
