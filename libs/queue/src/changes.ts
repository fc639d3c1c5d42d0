import type { Logger } from '#libs/observability';
import { FAILOVER, patiently } from './patience.js';
import type { RedisLink } from './redis-link.js';

/** Keys of one message. */
const CHUNK = 500;

/** Storage keys whose content was replaced or removed. */
export interface Change {
  readonly reason: 'refreshed' | 'deleted' | 'purged';
  readonly keys: readonly string[];
}

/** Tells every gateway what changed in storage, on the channel `<prefix>:changed`. */
export class Changes {
  constructor(
    private readonly link: RedisLink,
    private readonly log: Logger,
  ) {}

  /**
   * Tells all gateways. A gateway that is cut off drops its mutable entries when it comes back. Throws RefusalError
   * `busy` when Redis stays away.
   */
  async publish(change: Change): Promise<void> {
    await patiently(FAILOVER, () => this.link.commands.publish(this.channel, JSON.stringify(change)));
  }

  /**
   * Tells all gateways of keys that must not be served any more, whose gateways would have them in memory for ever.
   * Throws RefusalError `busy` when Redis stays away.
   */
  async purge(reason: 'deleted' | 'purged', keys: readonly string[]): Promise<void> {
    for (let from = 0; from < keys.length; from += CHUNK) {
      await this.publish({ reason, keys: keys.slice(from, from + CHUNK) });
    }
  }

  /**
   * Calls `changed` for each change, and `missed` whenever some may have been missed: at each (re)connection, and at a
   * message that can't be read, of another version say.
   */
  subscribe(changed: (change: Change) => void, missed: () => void): void {
    const { subscriber } = this.link;
    // ioredis keeps a subscription over reconnections, but none that it could not make: the password was wrong then, say.
    const subscribe = (): void =>
      void subscriber
        .subscribe(this.channel)
        .catch((error: unknown) => this.log.error({ err: error }, 'can not subscribe to changes'))
        .finally(missed);
    subscriber.on('message', (_channel: string, text: string) => {
      const change = readChange(text);
      if (change) changed(change);
      else missed();
    });
    subscriber.on('ready', subscribe);
    subscriber.on('+subscriber', missed); // a Cluster's, which moves from node to node by itself
    if (subscriber.status === 'ready') subscribe();
  }

  private get channel(): string {
    return `${this.link.prefix}:changed`;
  }
}

function readChange(text: string): Change | null {
  try {
    const { reason, keys } = JSON.parse(text) as Partial<Change>;
    const isRead = typeof reason === 'string' && Array.isArray(keys) && keys.every((key) => typeof key === 'string');
    return isRead ? { reason, keys } : null;
  } catch {
    return null;
  }
}
