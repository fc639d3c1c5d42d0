import { addModule } from './load.js';
import type { Pace, Scenario } from './scenario.js';
import type { Processes } from '../support/stack.js';
import type { TestRedis } from '../support/redis.js';
import { held, type FakeUpstream } from '../support/upstream.js';

/** A way to lose Redis, and to get it back. */
export interface RedisFault {
  readonly name: string;
  readonly inject: (redis: TestRedis) => Promise<unknown> | void;
  readonly heal: (redis: TestRedis) => Promise<unknown> | void;
}

/** All ways in which one Redis server is lost. */
export const REDIS_FAULTS: readonly RedisFault[] = [
  { name: 'stopped', inject: (redis) => redis.stop(), heal: (redis) => redis.start() },
  { name: 'frozen', inject: (redis) => redis.freeze(), heal: (redis) => redis.thaw() },
  { name: 'restarted empty', inject: (redis) => redis.stop(), heal: (redis) => redis.startEmpty() },
  {
    name: 'made a replica',
    inject: (redis) => redis.command('replicaof', '127.0.0.1', '1'),
    heal: (redis) => redis.command('replicaof', 'no', 'one'),
  },
  {
    name: 'read-only for want of replicas',
    inject: (redis) => redis.command('config', 'set', 'min-replicas-to-write', '1'),
    heal: (redis) => redis.command('config', 'set', 'min-replicas-to-write', '0'),
  },
  {
    name: 'out of memory',
    inject: (redis) => redis.command('config', 'set', 'maxmemory', '1'),
    heal: (redis) => redis.command('config', 'set', 'maxmemory', '0'),
  },
  {
    name: 'with another password',
    async inject(redis) {
      await redis.command('config', 'set', 'requirepass', 'changed');
      await redis.as('changed').command('client', 'kill', 'type', 'normal', 'skipme', 'yes');
      await redis.as('changed').command('client', 'kill', 'type', 'pubsub');
    },
    heal: (redis) => redis.as('changed').command('config', 'set', 'requirepass', redis.password),
  },
];

/** Redis lost in one way under load, with a fetch on its way that ends while it is lost. */
export function redisLost(
  fault: RedisFault,
  { redis, processes, upstream }: { redis: TestRedis; processes: Processes; upstream: FakeUpstream },
  { hitsPerSecond, missesPerSecond, ...watch }: Pace,
): Scenario {
  const zip = held();
  return {
    name: `Redis ${fault.name}`,
    promise:
      'Hits go on as if nothing had happened. Misses wait for the patience and are told 503 with Retry-After, and are served again within 10 s of its return. What a worker was fetching is stored and answered.',
    load: { gateways: processes.gateways.map(({ url }) => url), hitsPerSecond, missesPerSecond },
    upstream,
    watch,
    async inject(load) {
      const target = addModule(upstream, 'example.com/held');
      upstream.respond(target.path, zip.script);
      void load.send('miss', target);
      await zip.asked;
      await fault.inject(redis);
      zip.release();
    },
    heal: async () => void (await fault.heal(redis)),
    mayFail: ['503'],
    recoversWithin: 10_000,
    mostFetches: 2,
  };
}
