import type { Config } from '#libs/config';
import type { Logger } from '#libs/observability';
import { Changes, RedisLink, stamp } from '#libs/queue';
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
 * Reaches the gateways through Redis, while the first versions are read. Where it does not answer, which is said once,
 * gateways see new lists when theirs are older than STOA_LIST_TTL, and this machine's clock stamps.
 */
export function reachGateways(config: Config, log: Logger): Gateways {
  const silent = log.child({}, { level: 'silent' });
  const link = new RedisLink(config.redis, config.queuePrefix, silent);
  const changes = new Changes(link, silent);
  let closed = false;
  const isThere = link.answers().then((answers) => {
    if (answers || closed) return answers;
    say('Redis does not answer: running gateways see what is new once their lists are older than STOA_LIST_TTL');
    link.close();
    return false;
  });
  return {
    stamp: async ({ module, version }) =>
      (await isThere) ? stamp(link, `${module}@${version}`) : BigInt(Date.now()) * 1_000_000n,
    // A gateway that is not told learns it from the age of its copy.
    refreshed: async (key) => {
      if (await isThere) await changes.publish({ reason: 'refreshed', keys: [key] }).catch(() => {});
    },
    purged: async (keys) => {
      if (await isThere) await changes.purge('purged', keys);
    },
    close() {
      closed = true;
      link.close();
    },
  };
}
