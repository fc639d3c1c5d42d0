import { setTimeout as after } from 'node:timers/promises';
import type { Cluster, Redis } from 'ioredis';
import type { RedisConfig } from '#libs/config';
import type { Logger } from '#libs/observability';
import { connectRedis, LONGEST_BLOCK } from './connection.js';
import { readOutcome, type Outcome } from './outcome.js';
import { logAbsence } from './redis-link.js';

/** Pause after a fault that is no lost connection, in milliseconds. */
const PAUSE = 1_000;
/** Pause between two reads, in milliseconds: a job has four events, and those that come close together are one read. */
const GATHER = 1;

/**
 * The ends of jobs, as BullMQ's event streams tell them: one reader a process, and a map of who waits. In place of
 * BullMQ's QueueEvents, which parses and emits four events a job for one that is wanted, and stays disconnected for
 * good when its own watchdog and a socket's error meet; and of `job.waitUntilFinished`, which adds three listeners a
 * caller and hangs when a job is removed. Events may be lost: they only hasten what a look would find.
 */
export class Completions {
  private readonly connection: Redis | Cluster;
  private readonly expected = new Map<string, (outcome: Outcome) => void>();
  /** The id of the last event that was read of each stream. */
  private readonly read = new Map<string, string>();
  private readonly reading = Promise.withResolvers<void>();
  private closed = false;

  /** Reads streams, each the `events` key of a queue, from now on. On a Cluster they must lie in one slot. */
  constructor(
    config: RedisConfig,
    private readonly streams: readonly string[],
    private readonly log: Logger,
  ) {
    this.connection = connectRedis(config, 'blocking');
    logAbsence(this.connection, log, 'the event stream');
    void this.follow();
  }

  /** Resolves once the streams are being read: jobs added from then on are not missed. */
  ready(): Promise<void> {
    return this.reading.promise;
  }

  /** The end of a job, if its event arrives. Call `forget` when the wait ends otherwise. One flight a job id. */
  expect(jobId: string): Promise<Outcome> {
    return new Promise((resolve) => this.expected.set(jobId, resolve));
  }

  forget(jobId: string): void {
    this.expected.delete(jobId);
  }

  close(): void {
    this.closed = true;
    this.connection.disconnect();
  }

  private async follow(): Promise<void> {
    while (!this.closed) {
      try {
        if (this.read.size === 0) await this.goToEnd();
        this.reading.resolve();
        // Sent again by the connection, with the same ids, when it was lost meanwhile: so nothing is skipped.
        const ids = this.streams.map((stream) => this.read.get(stream) ?? '$');
        const found = await this.connection.xread('BLOCK', LONGEST_BLOCK, 'STREAMS', ...this.streams, ...ids);
        if (!found) await this.goBack();
        for (const [stream, events] of found ?? []) for (const [id, fields] of events) this.take(stream, id, fields);
        await after(GATHER);
      } catch (error) {
        if (this.closed) return;
        this.log.debug({ err: error }, 'the event stream could not be read');
        await after(PAUSE);
      }
    }
  }

  private async goToEnd(): Promise<void> {
    for (const stream of this.streams) this.read.set(stream, (await this.lastId(stream)) ?? '0-0');
  }

  /** Follows a stream whose ids fell behind what was read: a server that lost its data, and whose clock is late. */
  private async goBack(): Promise<void> {
    for (const stream of this.streams) {
      const last = await this.lastId(stream);
      if (last !== null && isBefore(last, this.read.get(stream) ?? '0-0')) this.read.set(stream, last);
    }
  }

  private async lastId(stream: string): Promise<string | null> {
    const [last] = await this.connection.xrevrange(stream, '+', '-', 'COUNT', 1);
    return last?.[0] ?? null;
  }

  private take(stream: string, id: string, fields: readonly string[]): void {
    this.read.set(stream, id);
    const field = (name: string): string | undefined => {
      const index = fields.findIndex((text, at) => at % 2 === 0 && text === name);
      return index < 0 ? undefined : fields[index + 1];
    };
    const event = field('event');
    if (event !== 'completed' && event !== 'failed') return;
    const jobId = field('jobId') ?? '';
    const resolve = this.expected.get(jobId);
    this.expected.delete(jobId);
    resolve?.(readOutcome(event === 'completed' ? field('returnvalue') : null));
  }
}

/** Whether a stream's id, `<milliseconds>-<sequence>`, comes before another one. */
function isBefore(id: string, other: string): boolean {
  const [time = 0n, sequence = 0n] = id.split('-').map(BigInt);
  const [otherTime = 0n, otherSequence = 0n] = other.split('-').map(BigInt);
  return time < otherTime || (time === otherTime && sequence < otherSequence);
}
