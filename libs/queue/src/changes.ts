import type { Logger } from '#libs/observability';
import { FAILOVER, patiently } from './patience.js';
import type { RedisLink } from './redis-link.js';

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

  /** Calls `changed` for each change, and `missed` whenever some may have been missed: at each (re)connection. */
  subscribe(changed: (change: Change) => void, missed: () => void): void {
    this.link.subscriber.on('message', (_channel: string, text: string) => changed(JSON.parse(text) as Change));
    this.link.subscriber.on('ready', missed);
    this.link.subscriber.on('+subscriber', missed); // a Cluster's, which moves from node to node by itself
    // ioredis keeps the subscription over reconnections; before the first connection it waits in its offline queue.
    this.link.subscriber
      .subscribe(this.channel)
      .catch((error: unknown) => this.log.error({ err: error }, 'can not subscribe to changes'));
  }

  private get channel(): string {
    return `${this.link.prefix}:changed`;
  }
}
