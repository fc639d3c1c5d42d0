import { setTimeout as after } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import { RefusalError } from '#libs/protocol';
import type { Metrics } from '#libs/observability';
import type { QueueName } from './jobs.js';
import type { RedisLink } from './redis-link.js';

/** A worker shows itself this often, in milliseconds ... */
const BEAT = 1_000;
/** ... and counts as gone after this silence, in seconds of Redis' clock. */
const SILENCE = 5;
/** How old a gateway's view of queues and workers may be, in milliseconds. */
const VIEW_AGE = 500;

/*
 * Stamped by Redis' own clock, so that workers and gateways need not agree on the time. A sign of later than now is one
 * of before that clock was set back: who lives shows another within a second.
 *
 * Input:  KEYS[1] the signs, ARGV[1] the silence
 */
const LIVING = `
local now = tonumber(redis.call('TIME')[1])
local since = now - ARGV[1]`;
const BEAT_SCRIPT = `${LIVING}
redis.call('ZADD', KEYS[1], now, ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', since)
redis.call('ZREMRANGEBYSCORE', KEYS[1], now + 1, '+inf')`;
const LIVING_SCRIPT = `${LIVING}
return redis.call('ZRANGEBYSCORE', KEYS[1], since, now)`;
const COUNT_SCRIPT = `${LIVING}
return redis.call('ZCOUNT', KEYS[1], since, now)`;

/** The worker's side: a sign of life in the sorted set `<prefix>:workers`. */
export class WorkerPulse {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly link: RedisLink,
    private readonly workerId: string,
  ) {}

  /** Shows signs of life from now on; resolves at the first that Redis has taken. */
  async start(): Promise<void> {
    while (!(await this.beat())) await after(BEAT / 10);
    // A missed beat is made up by the next one; a lost Redis is logged by its connection.
    this.timer = setInterval(() => void this.beat(), BEAT);
    this.timer.unref();
  }

  /** Withdraws the sign, so that gateways know at once. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.link.commands.zrem(workersKey(this.link), this.workerId).catch(() => {});
  }

  private async beat(): Promise<boolean> {
    try {
      await this.link.commands.eval(BEAT_SCRIPT, 1, workersKey(this.link), SILENCE, this.workerId);
      return true;
    } catch {
      return false;
    }
  }
}

/** The ids of the workers that take jobs now. Throws when Redis is away. */
export async function livingWorkers(link: RedisLink): Promise<string[]> {
  return link.commands.eval(LIVING_SCRIPT, 1, workersKey(link), SILENCE) as Promise<string[]>;
}

/** What a gateway sees of the other side. */
interface View {
  /** On performance.now()'s clock, which nobody sets. */
  readonly at: number;
  readonly workers: number;
  readonly waiting: number;
}

/** The gateway's side: how many workers live and how many jobs wait, asked of Redis at most twice a second. */
export class QueuePulse {
  private view: View | null = null;
  private asking: Promise<View> | null = null;
  /** When a look first saw no worker, on performance.now()'s clock; null: the last one saw some. */
  private missedSince: number | null = null;

  constructor(
    private readonly link: RedisLink,
    private readonly queues: Readonly<Record<QueueName, Queue>>,
    private readonly maxWaiting: number,
    private readonly metrics: Metrics,
  ) {}

  /** Throws RefusalError `busy` when no worker lives or too many jobs wait, and other errors when Redis is away. */
  async admit(): Promise<void> {
    const { workers, waiting } = await this.look();
    if (workers === 0) throw new RefusalError('busy', 'no worker is running');
    if (waiting >= this.maxWaiting) throw new RefusalError('busy', 'too many requests are waiting');
  }

  /** Throws an Error that says why misses are refused now. */
  async check(): Promise<void> {
    try {
      await this.admit();
    } catch (error) {
      throw error instanceof RefusalError ? error : new Error('not known, for Redis does not answer', { cause: error });
    }
  }

  /**
   * Milliseconds since it was first seen that no worker lives; 0: one does. Not since one was last seen alive: this
   * process may have been frozen with them since then, and thaw first.
   */
  async workerless(): Promise<number> {
    await this.look();
    return this.missedSince === null ? 0 : performance.now() - this.missedSince;
  }

  /** Brings the gauges up to date; with Redis away they keep their last values. */
  async sample(): Promise<void> {
    await this.look().catch(() => {});
  }

  private async look(): Promise<View> {
    if (this.view && performance.now() - this.view.at < VIEW_AGE) return this.view;
    this.asking ??= this.ask().finally(() => (this.asking = null));
    return this.asking;
  }

  private async ask(): Promise<View> {
    const [workers, query, download] = await Promise.all([
      this.link.commands.eval(COUNT_SCRIPT, 1, workersKey(this.link), SILENCE) as Promise<number>,
      this.count('query'),
      this.count('download'),
    ]);
    this.missedSince = workers > 0 ? null : (this.missedSince ?? performance.now());
    this.metrics.workers.set(workers);
    this.view = { at: performance.now(), workers, waiting: query + download };
    return this.view;
  }

  private async count(name: QueueName): Promise<number> {
    const counts = await this.queues[name].getJobCounts('waiting', 'prioritized', 'delayed', 'active', 'failed');
    for (const [state, jobs] of Object.entries(counts)) this.metrics.queueJobs.set({ queue: name, state }, jobs);
    return (counts['waiting'] ?? 0) + (counts['prioritized'] ?? 0) + (counts['delayed'] ?? 0);
  }
}

function workersKey(link: RedisLink): string {
  return `${link.prefix}:workers`;
}
