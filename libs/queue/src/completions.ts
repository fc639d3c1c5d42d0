import { QueueEvents, type ConnectionOptions } from 'bullmq';
import type { Logger } from '#libs/observability';
import { LONGEST_BLOCK } from './connection.js';
import type { Outcome } from './outcome.js';
import { logAbsence } from './redis-link.js';

const CRASHED: Outcome = { ok: false, kind: 'internal', message: 'internal error' };

/**
 * The ends of a queue's jobs, as BullMQ's event stream tells them: one stream reader a process and queue, and a map
 * of who waits. An own map in place of `job.waitUntilFinished`, which adds three listeners a caller and hangs when a
 * job is removed. Events may be lost: this only hastens what a look at the job and at storage would find.
 */
export class Completions {
  private readonly events: QueueEvents;
  private readonly expected = new Map<string, (outcome: Outcome) => void>();

  constructor(queue: string, prefix: string, connection: ConnectionOptions, log: Logger) {
    this.events = new QueueEvents(queue, { prefix, connection, blockingTimeout: LONGEST_BLOCK });
    logAbsence(this.events, log, `the event stream of queue ${queue}`);
    this.events.on('completed', ({ jobId, returnvalue }) => this.settle(jobId, readOutcome(returnvalue)));
    this.events.on('failed', ({ jobId }) => this.settle(jobId, CRASHED));
  }

  /** Resolves once the stream is being read: jobs added from then on are not missed. */
  async ready(): Promise<void> {
    await this.events.waitUntilReady();
  }

  /** The end of a job, if its event arrives. Call `forget` when the wait ends otherwise. One flight a job id. */
  expect(jobId: string): Promise<Outcome> {
    return new Promise((resolve) => this.expected.set(jobId, resolve));
  }

  forget(jobId: string): void {
    this.expected.delete(jobId);
  }

  async close(): Promise<void> {
    await this.events.close();
  }

  private settle(jobId: string, outcome: Outcome): void {
    const resolve = this.expected.get(jobId);
    this.expected.delete(jobId);
    resolve?.(outcome);
  }
}

/** Reads a job's return value; anything that is no outcome is our own fault. */
export function readOutcome(value: unknown): Outcome {
  // BullMQ types the event's value as a string; it hands over what it parsed from it.
  const outcome: unknown = typeof value === 'string' ? safeParse(value) : value;
  if (typeof outcome !== 'object' || outcome === null || !('ok' in outcome)) return CRASHED;
  return outcome as Outcome;
}

function safeParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
