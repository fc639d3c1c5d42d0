import type { Config } from '#libs/config';
import type { Logger } from '#libs/observability';
import { Changes, redisTime, RedisLink, stamp } from '#libs/queue';
import type { ModuleVersion } from '#libs/protocol';
import { say } from '../say.js';

/** The ways to the gateways and their clock. */
export interface Gateways {
  /** The time of a version's entry in the index, in nanoseconds since the epoch. */
  readonly stamp: (version: ModuleVersion) => Promise<bigint>;
  /** Tells all gateways that an object was replaced. */
  readonly refreshed: (key: string) => Promise<void>;
  /** Tells all gateways to forget what must not be served any more. */
  readonly purged: (keys: readonly string[]) => Promise<void>;
  close(): void;
}

/**
 * Reaches the gateways through Redis. Where it does not answer, which is said once, gateways see new lists when theirs
 * are older than STOA_LIST_TTL, and this machine's clock stamps.
 */
export async function reachGateways(config: Config, log: Logger): Promise<Gateways> {
  const silent = log.child({}, { level: 'silent' });
  const link = new RedisLink(config.redis, config.queuePrefix, silent);
  const isThere = await redisTime(link).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    link.close();
    say('Redis does not answer: running gateways see what is new once their lists are older than STOA_LIST_TTL');
    return {
      stamp: async () => BigInt(Date.now()) * 1_000_000n,
      refreshed: async () => {},
      purged: async () => {},
      close: () => {},
    };
  }
  const changes = new Changes(link, silent);
  return {
    stamp: ({ module, version }) => stamp(link, `${module}@${version}`),
    // A gateway that is not told learns it from the age of its copy.
    refreshed: (key) => changes.publish({ reason: 'refreshed', keys: [key] }).catch(() => {}),
    purged: (keys) => changes.purge('purged', keys),
    close: () => link.close(),
  };
}
