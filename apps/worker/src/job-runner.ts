import { DelayedError, WaitingError, type Job } from 'bullmq';
import type { Config } from '#libs/config';
import type { Logger, Metrics } from '#libs/observability';
import { RefusalError, type RefusalKind } from '#libs/protocol';
import {
  dedupId,
  refused,
  SCHEMA,
  STORED,
  subjectOf,
  type Envelope,
  type JobName,
  type JobRequest,
  type Outcome,
  type Refusals,
} from '#libs/queue';
import type { Handler, Handlers } from './handler.js';

/** Why jobs are cancelled when a shutdown's grace is over: such a job goes back to its queue. */
export const SHUTDOWN = 'shutdown';

/** How long a refusal holds, in milliseconds, for trouble that may pass and for databases that learn in seconds. */
const BRIEFLY = 3_000;
/** Pause before a job that this worker does not know is offered again, to a newer worker perhaps. */
const GIVE_BACK = 2_000;

interface Parts {
  readonly handlers: Handlers;
  readonly refusals: Refusals;
  readonly config: Config;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** The life of a job in a worker: deadline, handler, outcome as a value, a refusal kept for the next who ask. */
export class JobRunner {
  constructor(private readonly parts: Parts) {}

  /** Runs one job of BullMQ's. Throws only to give it back, or when Redis is lost. */
  async run(job: Job<Envelope>, token: string | undefined, cancelled: AbortSignal): Promise<Outcome> {
    const { handlers, metrics, log } = this.parts;
    if (!(job.name in handlers) || job.data.schema !== SCHEMA) {
      log.warn({ job: job.name, schema: job.data.schema }, 'a job that this version does not know: given back');
      await job.moveToDelayed(Date.now() + GIVE_BACK, token);
      throw new DelayedError();
    }
    const request = { name: job.name, payload: job.data.payload } as JobRequest;
    const started = Date.now();
    metrics.jobWait.observe({ job: request.name }, Math.max(0, started - job.timestamp) / 1000);
    const result = await this.attempt(request, job.data.requestId, cancelled);
    if (result === SHUTDOWN) {
      log.info({ job: request.name, subject: subjectOf(request) }, 'given back at shutdown');
      await job.moveToWait(token);
      throw new WaitingError();
    }
    const outcome = result.ok ? 'ok' : result.kind;
    const milliseconds = Date.now() - started;
    metrics.jobDuration.observe({ job: request.name, outcome }, milliseconds / 1000);
    const fields = {
      job: request.name,
      subject: subjectOf(request),
      outcome,
      milliseconds,
      requestId: job.data.requestId,
    };
    if (result.ok) log.info(fields, 'job done');
    else log.info({ ...fields, reason: result.message }, 'job refused');
    return result;
  }

  private async attempt(
    request: JobRequest,
    requestId: string,
    cancelled: AbortSignal,
  ): Promise<Outcome | typeof SHUTDOWN> {
    const { config } = this.parts;
    const limit = request.name.startsWith('fetch.') ? config.fetchTimeout : config.queryTimeout;
    const overtime = AbortSignal.timeout(limit);
    const deadline = performance.now() + limit;
    const signal = AbortSignal.any([cancelled, overtime]);
    // The map guarantees that name and payload belong together; TypeScript can't follow that through a union.
    const handler = this.parts.handlers[request.name] as Handler<JobName>;
    try {
      // Whoever asked between the end of another run and its answer has added a job anew; what is stored is looked at by the handler.
      const kept = await this.parts.refusals.read(dedupId(request)).catch(() => null);
      if (kept) return refused(kept.refusal);
      await handler(request.payload, { signal, deadline, requestId });
      return STORED;
    } catch (error) {
      if (cancelled.aborted && String(cancelled.reason).includes(SHUTDOWN)) return SHUTDOWN;
      return this.refuse(request, requestId, error, overtime.aborted ? limit : null);
    }
  }

  private async refuse(
    request: JobRequest,
    requestId: string,
    error: unknown,
    overdue: number | null,
  ): Promise<Outcome> {
    const subject = subjectOf(request);
    const refusal =
      overdue !== null
        ? { kind: 'timeout' as const, message: `${subject}: not fetched within ${overdue / 1000} s` }
        : error instanceof RefusalError
          ? error.about(subject)
          : { kind: 'internal' as const, message: 'internal error' };
    const level = refusal.kind === 'internal' ? 'error' : 'debug';
    this.parts.log[level]({ err: error, job: request.name, subject, requestId }, 'job failed');
    const ttl = this.timeToLive(request.name, refusal.kind);
    // Who waits is told all the same when Redis can't keep it for the next.
    if (ttl > 0) await this.parts.refusals.keep(dedupId(request), refusal, ttl).catch(() => {});
    return refused(refusal);
  }

  private timeToLive(name: JobName, kind: RefusalKind): number {
    if (kind === 'upstream' || kind === 'timeout') return BRIEFLY;
    if (kind !== 'not-found' && kind !== 'forbidden') return 0;
    return name.startsWith('sumdb.') ? BRIEFLY : this.parts.config.notFoundTtl;
  }
}
