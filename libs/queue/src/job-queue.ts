import { randomUUID } from 'node:crypto';
import type { Queue } from 'bullmq';
import { RefusalError, type RefusalKind } from '#libs/protocol';
import type { Metrics } from '#libs/observability';
import type { Completions } from './completions.js';
import {
  dedupId,
  JOB_OPTIONS,
  queueOf,
  SCHEMA,
  subjectOf,
  type Envelope,
  type JobRequest,
  type QueueName,
} from './jobs.js';
import type { Lookout, Sight } from './lookout.js';
import { refused, STORED, type Outcome } from './outcome.js';
import { patiently } from './patience.js';
import type { QueuePulse } from './pulse.js';
import type { Refusals } from './refusals.js';

/** How long a flight goes on without a living worker, or without Redis, in milliseconds. */
const STRANDED = 20_000;
/** How often a job that Redis lost is added anew before the flight ends. */
const ROUNDS = 3;

/** The answer of a run. */
export interface Answer {
  readonly outcome: Outcome;
  /** It is a refusal of an earlier run. */
  readonly cached?: true;
  /** Milliseconds that a refusal still holds; absent: no time at all. */
  readonly holds?: number;
}

export interface RunOptions {
  readonly requestId: string;
  /** Milliseconds that this caller waits at most. The job goes on after it. */
  readonly wait: number;
  /** Aborted when the caller waits no longer, as when its client has left. The job goes on. */
  readonly left?: AbortSignal | undefined;
  /** Whether storage has what the job makes. Storage is the truth, whatever the queue says; that it fails tells nothing. */
  readonly stored: () => Promise<boolean>;
}

interface Parts {
  readonly queues: Readonly<Record<QueueName, Queue>>;
  readonly completions: Completions;
  readonly lookouts: Readonly<Record<QueueName, Lookout>>;
  readonly refusals: Refusals;
  readonly pulse: QueuePulse;
  readonly metrics: Metrics;
  /** STOA_QUEUE_PATIENCE in milliseconds. */
  readonly patience: number;
}

/**
 * The gateway's side of the queue. `run` gives every caller the outcome of the one flight of a job: callers in this
 * process share a promise, callers in other processes join through BullMQ's deduplication.
 */
export class JobQueue {
  private readonly flights = new Map<string, Promise<Answer>>();
  private readonly callers = new Set<(answer: Answer) => void>();

  constructor(private readonly parts: Parts) {
    parts.metrics.waitingClients.set(0);
  }

  /** Runs or joins a job. Never throws: a queue that can't be used is a refusal of kind `busy`. */
  async run(job: JobRequest, options: RunOptions): Promise<Answer> {
    const id = dedupId(job);
    const { metrics } = this.parts;
    let flight = this.flights.get(id);
    if (flight) metrics.singleFlightJoined.inc({ job: job.name });
    else {
      flight = this.fly(job, options).finally(() => this.flights.delete(id));
      this.flights.set(id, flight);
    }
    const sooner = Promise.withResolvers<Answer>();
    const timer = setTimeout(
      () => sooner.resolve(answered('timeout', `${subjectOf(job)}: not fetched in time; it goes on, try again`)),
      options.wait,
    );
    const leave = (): void => sooner.resolve(answered('busy', 'the client has left'));
    if (options.left?.aborted) leave();
    options.left?.addEventListener('abort', leave, { once: true });
    this.callers.add(sooner.resolve);
    metrics.waitingClients.inc();
    try {
      return await Promise.race([flight, sooner.promise]);
    } finally {
      metrics.waitingClients.dec();
      this.callers.delete(sooner.resolve);
      options.left?.removeEventListener('abort', leave);
      clearTimeout(timer);
    }
  }

  /**
   * Runs jobs about a module anew, as `run` does: nothing that was refused of the module answers any more, and of
   * flights under way, whose source was asked before now, only the end is waited for.
   */
  async runAnew(module: string, jobs: readonly JobRequest[], options: RunOptions): Promise<Answer[]> {
    const { queues, refusals, patience } = this.parts;
    try {
      await patiently(patience, () => refusals.takeBack(module));
    } catch (error) {
      return jobs.map((job) => refusedFor(job, error));
    }
    const one = async (job: JobRequest): Promise<Answer> => {
      const id = dedupId(job);
      const underWay = (): Promise<unknown> => queues[queueOf(job.name)].getDeduplicationJobId(id);
      try {
        if (this.flights.has(id) || (await patiently(patience, underWay))) await this.run(job, options);
      } catch (error) {
        return refusedFor(job, error);
      }
      return this.run(job, options);
    };
    return Promise.all(jobs.map(one));
  }

  /** Ends all waits with a refusal of kind `busy`: this gateway stops. The jobs go on. */
  dismiss(): void {
    for (const answer of this.callers) answer(answered('busy', 'this gateway is stopping'));
  }

  /** One flight: admitted? refused of late? then the job, and what it comes to. */
  private async fly(job: JobRequest, options: RunOptions): Promise<Answer> {
    const { refusals, pulse, patience } = this.parts;
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const kept = await patiently(patience, () => refusals.find(job));
        if (kept) return { outcome: refused(kept.refusal), cached: true, holds: kept.left };
        if (round === 0) await patiently(patience, () => pulse.admit());
        const outcome = await this.follow(job, options);
        if (outcome?.ok) return { outcome };
        if (outcome) return { outcome, holds: refusals.lifeOf(job, outcome.kind) };
      }
      throw new RefusalError('busy', 'the job queue loses jobs');
    } catch (error) {
      return refusedFor(job, error);
    }
  }

  /** Adds the job, or joins the one under way, and follows it to its end. Null: it is lost, a new one may be added. */
  private async follow(job: JobRequest, { requestId, stored }: RunOptions): Promise<Outcome | null> {
    const { metrics, patience, completions } = this.parts;
    const queue = this.parts.queues[queueOf(job.name)];
    const lookout = this.parts.lookouts[queueOf(job.name)];
    const envelope: Envelope = { schema: SCHEMA, requestId, payload: job.payload };
    const offered = randomUUID();
    let jobId: string = offered;
    let end = completions.expect(jobId); // before the add, so that no event can come too soon
    try {
      const added = await patiently(patience, async () => {
        await completions.ready();
        return queue.add(job.name, envelope, { ...JOB_OPTIONS, jobId: offered, deduplication: { id: dedupId(job) } });
      });
      const joined = added.id !== undefined && added.id !== offered;
      if (joined) {
        metrics.singleFlightJoined.inc({ job: job.name });
        completions.forget(offered);
        jobId = added.id ?? offered;
        end = completions.expect(jobId);
      }
      // A joined job may have ended before we listened.
      const outcome = await this.await(end, joined ? lookout.now(jobId) : null, () => lookout.next(jobId), {
        stored,
        held: () => lookout.isHeld(jobId),
      });
      // A restart without data, or an eviction. Its key would swallow what is added; another job's key stays.
      if (!outcome) await patiently(patience, () => added.removeDeduplicationKey());
      return outcome;
    } finally {
      completions.forget(jobId);
      lookout.forget(jobId);
    }
  }

  /** Waits for the end that an event tells, or that a look at the job or at storage shows. Null: the job is lost. */
  private async await(
    end: Promise<Outcome>,
    first: Promise<Sight> | null,
    next: () => Promise<Sight>,
    { stored, held }: { readonly stored: () => Promise<boolean>; readonly held: () => Promise<boolean> },
  ): Promise<Outcome | null> {
    let awaySince: number | null = null;
    let looks = 0;
    for (let sight = await Promise.race([end, first ?? next()]); ; sight = await Promise.race([end, next()])) {
      if (typeof sight === 'object') return sight;
      if (sight === 'under way') {
        awaySince = null;
        // Redis did answer: if it is gone by now, the next look tells.
        const workerless = await this.parts.pulse.workerless().catch(() => 0);
        // One that stops takes no jobs any more, and finishes those that it has.
        if (workerless > STRANDED && !(await held().catch(() => true)))
          throw new RefusalError('busy', 'no worker is running');
        // A worker that can't tell Redis may have stored it. Asked ever more seldom: thousands may wait for hours.
        if (!isPowerOfTwo(++looks)) continue;
      }
      if (await stored().catch(() => false)) return STORED;
      if (sight === 'unknown') return null;
      if (sight === 'under way') continue;
      awaySince ??= performance.now(); // not since the last answer: this process may have been frozen, too
      if (performance.now() - awaySince > STRANDED) throw new RefusalError('busy', 'the job queue does not answer');
    }
  }
}

function answered(kind: RefusalKind, message: string): Answer {
  return { outcome: { ok: false, kind, message } };
}

/** Throws what is no refusal. */
function refusedFor(job: JobRequest, error: unknown): Answer {
  if (!(error instanceof RefusalError)) throw error;
  return { outcome: refused(error.about(subjectOf(job))) };
}

function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}
