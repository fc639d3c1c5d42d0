import type { FailoverRedis } from '../support/redis.js';
import type { Processes } from '../support/stack.js';
import type { FakeUpstream } from '../support/upstream.js';
import { addModule } from './load.js';
import type { Pace, Scenario } from './scenario.js';

/** Misses that are under way when the primary goes. */
const HELD = 100;

/** The primary that has the queues dies or freezes while 100 misses are under way and more come; a replica takes its place. */
export function failover(
  kind: 'Sentinel' | 'Cluster',
  harm: 'stop' | 'freeze',
  { redis, processes, upstream }: { redis: FailoverRedis; processes: Processes; upstream: FakeUpstream },
  { hitsPerSecond, missesPerSecond, ...watch }: Pace,
): Scenario {
  return {
    name: `${kind}, primary ${harm === 'stop' ? 'killed' : 'frozen'}`,
    promise:
      'A failover shorter than STOA_QUEUE_PATIENCE fails no request and hangs none; no file is fetched more than twice.',
    load: { gateways: processes.gateways.map(({ url }) => url), hitsPerSecond, missesPerSecond },
    upstream,
    watch,
    async inject(load) {
      const { asked, release } = holdZips(upstream, `/example.com/held-${harm}`);
      for (let i = 0; i < HELD; i++) void load.send('miss', addModule(upstream, `example.com/held-${harm}`));
      await asked;
      const old = await redis.primary();
      if (harm === 'stop') await old.stop();
      else old.freeze();
      await redis.failover(old);
      release();
    },
    recoversWithin: 0,
    mostFetches: 2,
  };
}

/** Holds the zips below a path until `release`; `asked` resolves once as many are asked for as one worker takes. */
function holdZips(upstream: FakeUpstream, prefix: string): { asked: Promise<void>; release: () => void } {
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let left = 32;
  upstream.respond(prefix, async ({ url }, _response, serve) => {
    if (url?.endsWith('.zip')) {
      if (--left === 0) asked.resolve();
      await released.promise;
    }
    serve();
  });
  return { asked: asked.promise, release: released.resolve };
}
