import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Config } from '#libs/config';
import type { Refusal, RefusalKind } from '#libs/protocol';
import { dedupId, type JobRequest } from './jobs.js';
import { FAILOVER, patiently } from './patience.js';
import type { RedisLink } from './redis-link.js';

/** How many refusals a gateway remembers itself, in front of Redis. */
const REMEMBERED = 20_000;

/** How long a refusal holds, in milliseconds, for trouble that may pass and for databases that learn in seconds. */
const BRIEFLY = 3_000;

/** A kept refusal and the milliseconds that it still holds. */
export interface KeptRefusal {
  readonly refusal: Refusal;
  readonly left: number;
}

/** What is known of a job when it is asked for, or begins. */
export interface Precedent {
  /** The refusal that still holds, or null. */
  readonly kept: KeptRefusal | null;
  /** Which of the times between two refreshes of its module this is: a refusal holds within its own. */
  readonly epoch: string;
}

/**
 * Refusals of late, shared by all gateways: `<prefix>:refusal:<dedup id>` in Redis, each with a TTL. They are taken back
 * for a whole module, by a new epoch of it in `<prefix>:epoch:<module>`: so those of branches and versions that nobody
 * lists as well, and those of jobs that asked their source before and have not ended yet.
 */
export class Refusals {
  private readonly memory = new LRUCache<string, Refusal>({ max: REMEMBERED, ttlAutopurge: false });

  constructor(
    private readonly link: RedisLink,
    private readonly config: Pick<Config, 'fetchTimeout' | 'queryTimeout' | 'notFoundTtl'>,
  ) {}

  /** For how many milliseconds a refusal of a job is kept; 0: not at all. */
  lifeOf(job: JobRequest, kind: RefusalKind): number {
    if (kind === 'upstream' || kind === 'timeout') return BRIEFLY;
    if (kind !== 'not-found' && kind !== 'forbidden') return 0;
    return job.name.startsWith('sumdb.') ? Math.min(BRIEFLY, this.config.notFoundTtl) : this.config.notFoundTtl;
  }

  /** The refusal that still holds for a job, or null. Throws when Redis does not answer and memory has none. */
  async find(job: JobRequest): Promise<KeptRefusal | null> {
    const id = dedupId(job);
    const remembered = this.memory.get(id);
    if (remembered) return { refusal: remembered, left: this.memory.getRemainingTTL(id) };
    const { kept } = await this.look(job);
    if (kept) this.memory.set(id, kept.refusal, { ttl: kept.left });
    return kept;
  }

  /** What Redis knows of a job now: what another process took back is not remembered. Throws when it does not answer. */
  async look(job: JobRequest): Promise<Precedent> {
    const { commands } = this.link;
    const key = this.key(job);
    const module = 'module' in job.payload ? job.payload.module : null;
    const [text, epoch] = await Promise.all([
      commands.get(key),
      module === null ? '' : commands.get(this.epochKey(module)).then((found) => found ?? ''),
    ]);
    if (text === null) return { kept: null, epoch };
    const left = await commands.pttl(key);
    const { ttl, epoch: own = '', ...refusal } = JSON.parse(text) as Refusal & { ttl: number; epoch?: string };
    // It can have more time left than it got when Redis' clock was set back.
    const holds = own === epoch && left > 0 && left <= ttl;
    return { kept: holds ? { refusal, left } : null, epoch };
  }

  /** Keeps a refusal, if its kind is kept, of a job that began in an epoch. Throws RefusalError `busy` when Redis stays away. */
  async keep(job: JobRequest, refusal: Refusal, epoch: string): Promise<void> {
    const ttl = this.lifeOf(job, refusal.kind);
    if (ttl === 0) return;
    const text = JSON.stringify({ ...refusal, ttl, epoch });
    await patiently(FAILOVER, () => this.link.commands.set(this.key(job), text, 'PX', ttl));
  }

  /**
   * Takes back what was refused of a module, so that the jobs are run when they are next asked for. Other gateways
   * remember it a while. Throws when Redis does not answer.
   */
  async takeBack(module: string): Promise<void> {
    const { fetchTimeout, queryTimeout, notFoundTtl } = this.config;
    // Until no job is left that began before, and no refusal of one.
    const life = fetchTimeout + queryTimeout + notFoundTtl;
    await this.link.commands.set(this.epochKey(module), randomUUID(), 'PX', life);
    this.forget();
  }

  /** Drops what this process remembers, not what Redis keeps. */
  forget(): void {
    this.memory.clear();
  }

  private key(job: JobRequest): string {
    return `${this.link.prefix}:refusal:${dedupId(job)}`;
  }

  private epochKey(module: string): string {
    return `${this.link.prefix}:epoch:${module}`;
  }
}
