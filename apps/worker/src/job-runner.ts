import type { Job } from 'bullmq';
import type { Config } from '#libs/config';
import type { Logger, Metrics } from '#libs/observability';
import { LacksError, RefusalError } from '#libs/protocol';
import {
  isKnown,
  refused,
  STORED,
  subjectOf,
  type DeclinedJobs,
  type Envelope,
  type JobName,
  type JobRequest,
  type Outcome,
  type Refusals,
} from '#libs/queue';
import type { Handler, Handlers } from './handler.js';
import { JobHold } from './job-hold.js';
import { JobLimits } from './job-limits.js';

interface Parts {
  readonly handlers: Handlers;
  readonly refusals: Refusals;
  readonly declined: DeclinedJobs;
  readonly config: Config;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** The life of a job in a worker: deadline, handler, outcome as a value, a refusal kept for the next who ask. */
export class JobRunner {
  constructor(private readonly parts: Parts) {}

  /** Runs one job of BullMQ's. Throws only to let go of it unfinished, or when Redis is lost. */
  async run(job: Job<Envelope>, token: string | undefined, cancelled: AbortSignal): Promise<Outcome> {
    const { metrics, log, declined } = this.parts;
    const hold = new JobHold(job, token, declined);
    if (!isKnown(job)) {
      log.warn({ job: job.name, jobId: job.id }, 'a job that this version does not know: left to others');
      await hold.offer();
      // What the job is about stands in its deduplication id in every version; its payload can't be read.
      const subject = job.deduplicationId?.replace(/^[^:]*:/, '') ?? job.name;
      return refused({ kind: 'busy', message: `${subject}: no worker of this gateway's version is running` });
    }
    const request = { name: job.name, payload: job.data.payload } as JobRequest;
    const { requestId } = job.data;
    const started = performance.now();
    metrics.jobWait.observe({ job: request.name }, Math.max(0, Date.now() - job.timestamp) / 1000);
    const result = await this.attempt(request, requestId, hold, cancelled);
    const outcome = result.ok ? 'ok' : result.kind;
    const milliseconds = Math.round(performance.now() - started);
    metrics.jobDuration.observe({ job: request.name, outcome }, milliseconds / 1000);
    const fields = { job: request.name, subject: subjectOf(request), outcome, milliseconds, requestId };
    if (result.ok) log.info(fields, 'job done');
    else log.info({ ...fields, reason: result.message }, 'job refused');
    return result;
  }

  private async attempt(
    request: JobRequest,
    requestId: string,
    hold: JobHold,
    cancelled: AbortSignal,
  ): Promise<Outcome> {
    const { config, log } = this.parts;
    const limit = request.name.startsWith('fetch.') ? config.fetchTimeout : config.queryTimeout;
    const limits = new JobLimits(limit, cancelled);
    const { signal, deadline } = limits;
    hold.keep(signal, () => limits.end('lost'));
    // The map guarantees that name and payload belong together; TypeScript can't follow that through a union.
    const handler = this.parts.handlers[request.name] as Handler<JobName>;
    let epoch: string | undefined;
    try {
      // Whoever asked between the end of another run and its answer has added a job anew; what is stored is looked at by the handler.
      const precedent = await this.parts.refusals.look(request).catch(() => null);
      if (precedent?.kept) return refused(precedent.kept.refusal);
      epoch = precedent?.epoch;
      await limits.within(handler(request.payload, { signal, deadline, requestId }));
      return STORED;
    } catch (error) {
      const fields = { job: request.name, subject: subjectOf(request), requestId };
      if (limits.ended === 'shutdown') {
        log.info(fields, 'given back at shutdown');
        return hold.giveBack();
      }
      if (limits.ended === 'lost' || !(await hold.isOurs())) {
        log.warn(fields, 'this worker fell silent: another has its job');
        return hold.leave();
      }
      if (error instanceof LacksError) {
        log.warn({ ...fields, reason: error.message }, 'this worker can not do the job: left to others');
        await hold.offer();
      }
      return this.refuse(request, requestId, error, limits.ended === 'overtime' ? limit : null, epoch);
    } finally {
      limits.end('over');
    }
  }

  private async refuse(
    request: JobRequest,
    requestId: string,
    error: unknown,
    overdue: number | null,
    epoch: string | undefined,
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
    // Who waits is told all the same when Redis can't keep it for the next.
    if (epoch !== undefined) await this.parts.refusals.keep(request, refusal, epoch).catch(() => {});
    return refused(refusal);
  }
}
