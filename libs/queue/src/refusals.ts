import { LRUCache } from 'lru-cache';
import type { Refusal } from '#libs/protocol';
import { FAILOVER, patiently } from './patience.js';
import type { RedisLink } from './redis-link.js';

/** How many refusals a gateway remembers itself, in front of Redis. */
const REMEMBERED = 20_000;

/** A kept refusal and the milliseconds that it still holds. */
export interface KeptRefusal {
  readonly refusal: Refusal;
  readonly left: number;
}

/** Refusals of late, shared by all gateways: `<prefix>:refusal:<dedup id>` in Redis, each with a TTL. */
export class Refusals {
  private readonly memory = new LRUCache<string, Refusal>({ max: REMEMBERED, ttlAutopurge: false });

  constructor(private readonly link: RedisLink) {}

  /** The refusal that still holds for a job, or null. Throws when Redis does not answer and memory has none. */
  async find(dedupId: string): Promise<KeptRefusal | null> {
    const remembered = this.memory.get(dedupId);
    if (remembered) return { refusal: remembered, left: this.memory.getRemainingTTL(dedupId) };
    const found = await this.read(dedupId);
    if (found) this.memory.set(dedupId, found.refusal, { ttl: found.left });
    return found;
  }

  /** As `find`, but what Redis keeps now: what another process took back is not remembered. */
  async read(dedupId: string): Promise<KeptRefusal | null> {
    const text = await this.link.commands.get(this.key(dedupId));
    if (text === null) return null;
    const left = await this.link.commands.pttl(this.key(dedupId));
    const { ttl, ...refusal } = JSON.parse(text) as Refusal & { ttl: number };
    // It can have more time left than it got when Redis' clock was set back.
    return left <= 0 || left > ttl ? null : { refusal, left };
  }

  /** Keeps a refusal for `ttl` milliseconds. Throws RefusalError `busy` when Redis stays away. */
  async keep(dedupId: string, refusal: Refusal, ttl: number): Promise<void> {
    const text = JSON.stringify({ ...refusal, ttl });
    await patiently(FAILOVER, () => this.link.commands.set(this.key(dedupId), text, 'PX', ttl));
  }

  /** Takes refusals back, so that the jobs are run when they are next asked for. Other gateways remember them a while. */
  async drop(dedupIds: readonly string[]): Promise<void> {
    for (const dedupId of dedupIds) this.memory.delete(dedupId);
    await Promise.all(dedupIds.map((dedupId) => this.link.commands.unlink(this.key(dedupId))));
  }

  /** Drops what this process remembers, not what Redis keeps. */
  forget(): void {
    this.memory.clear();
  }

  private key(dedupId: string): string {
    return `${this.link.prefix}:refusal:${dedupId}`;
  }
}
