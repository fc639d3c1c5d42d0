import { startClusterRedis } from '../support/redis-cluster.js';
import { startSentinelRedis } from '../support/redis-sentinel.js';
import type { FailoverRedis } from '../support/redis.js';
import { startProcesses, type Processes } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';
import { addModule } from './load.js';
import type { Pace, Scenario } from './scenario.js';

/** The installations of Redis in which a replica takes the place of a lost primary. */
export const INSTALLATIONS = {
  Sentinel: startSentinelRedis,
  Cluster: () => startClusterRedis({ replica: true }),
} as const satisfies Record<string, () => Promise<FailoverRedis>>;
export type Installation = keyof typeof INSTALLATIONS;

/** All ways in which a primary is lost. */
export const HARMS = ['killed', 'frozen'] as const;
export type Harm = (typeof HARMS)[number];

/** An installation, gateways and workers, and an upstream. */
export interface Site {
  readonly installation: Installation;
  readonly redis: FailoverRedis;
  readonly processes: Processes;
  readonly upstream: FakeUpstream;
  close(): Promise<void>;
}

/** Starts it. `each`: so many gateways and so many workers, `latency`: of the upstream's answers, in milliseconds. */
export async function startSite(
  installation: Installation,
  { each, latency }: { each: number; latency: number },
): Promise<Site> {
  const [upstream, redis] = await Promise.all([startUpstream({ latency }), INSTALLATIONS[installation]()]);
  const processes = await startProcesses(redis, { gateways: each, workers: each, env: { GOPROXY: upstream.url } });
  return {
    installation,
    redis,
    processes,
    upstream,
    async close() {
      await processes.close();
      await redis.close();
      await upstream.close();
    },
  };
}

/** Misses that are under way when the primary goes. */
const HELD = 100;
/** Jobs of one host that one worker takes: half of its slots. */
const TAKEN = 16;

/** The primary that has the queues dies or freezes while 100 misses are under way and more come; a replica takes its place. */
export function failover(
  harm: Harm,
  { installation, redis, processes, upstream }: Site,
  { hitsPerSecond, missesPerSecond, ...watch }: Pace,
): Scenario {
  return {
    name: `${installation}, primary ${harm}`,
    promise:
      'A failover shorter than STOA_QUEUE_PATIENCE fails no request and hangs none; no file is fetched more than twice.',
    load: { gateways: processes.gateways.map(({ url }) => url), hitsPerSecond, missesPerSecond },
    upstream,
    watch,
    async inject(load) {
      const { asked, release } = holdZips(upstream, `/example.com/held-${harm}`, TAKEN * processes.workers.length);
      for (let i = 0; i < HELD; i++) void load.send('miss', addModule(upstream, `example.com/held-${harm}`));
      await asked;
      const old = await redis.primary();
      if (harm === 'killed') await old.stop();
      else old.freeze();
      await redis.failover(old);
      release();
    },
    recoversWithin: 0,
    mostFetches: 2,
  };
}

/** Holds the zips below a path until `release`; `asked` resolves once so many are asked for. */
function holdZips(
  upstream: FakeUpstream,
  prefix: string,
  count: number,
): { asked: Promise<void>; release: () => void } {
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let left = count;
  upstream.respond(prefix, async ({ url }, _response, serve) => {
    if (url?.endsWith('.zip')) {
      if (--left === 0) asked.resolve();
      await released.promise;
    }
    serve();
  });
  return { asked: asked.promise, release: released.resolve };
}
