import type { Config } from '#libs/config';
import type { Logger } from '#libs/observability';
import { Changes, RedisLink, stamp } from '#libs/queue';
import { RefusalError, type ModuleVersion } from '#libs/protocol';
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
 * Reaches the gateways through Redis, while the first versions are read. Where it does not answer, or is away for longer
 * than a failover takes, which is said once, gateways see new lists when theirs are older than STOA_LIST_TTL, and this
 * machine's clock stamps. Gateways that lost their Redis look for themselves what was removed meanwhile.
 */
export function reachGateways(config: Config, log: Logger): Gateways {
  const silent = log.child({}, { level: 'silent' });
  const link = new RedisLink(config.redis, config.queuePrefix, silent);
  const changes = new Changes(link, silent);
  let inUse = true;
  const giveUp = (): void => {
    if (!inUse) return;
    inUse = false;
    say('Redis does not answer: running gateways see what is new once their lists are older than STOA_LIST_TTL');
    link.close();
  };
  const looked = link.answers().then((answers) => answers || giveUp());
  const reach = async <T>(use: () => Promise<T>): Promise<T | null> => {
    await looked;
    if (!inUse) return null;
    try {
      return await use();
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
      giveUp();
      return null;
    }
  };
  return {
    stamp: async ({ module, version }) =>
      (await reach(() => stamp(link, `${module}@${version}`))) ?? BigInt(Date.now()) * 1_000_000n,
    refreshed: async (key) => void (await reach(() => changes.publish({ reason: 'refreshed', keys: [key] }))),
    purged: async (keys) => void (await reach(() => changes.purge('purged', keys))),
    close() {
      inUse = false;
      link.close();
    },
  };
}
