import { BullRegistrar, Processor, WorkerHost } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import type { Job } from 'bullmq';
import type { Config } from '#libs/config';
import { within, type Logger } from '#libs/observability';
import { isKnown, LONGEST_BLOCK, RedisLink, type Envelope, type Outcome } from '#libs/queue';
import { callBackAstray } from './astray-jobs.js';
import { HostShare } from './host-share.js';
import { LOCK } from './job-hold.js';
import { SHUTDOWN } from './job-limits.js';
import { JobRunner } from './job-runner.js';
import { shortenOverlong } from './overlong-keys.js';

/**
 * A dead worker's job is taken over within lock and check, 12 s. What fails for want of Redis is tried again each second
 * (BullMQ would let 15 go by). `autorun` is off: settings come first.
 */
const OPTIONS = {
  lockDuration: LOCK,
  skipLockRenewal: true, // JobHold does it
  stalledInterval: 4_000,
  maxStalledCount: 3,
  drainDelay: LONGEST_BLOCK / 1_000,
  runRetryDelay: 1_000,
  autorun: false,
};
/** How long a worker without a job waits for Redis when it stops, in milliseconds. */
const GOODBYE = 3_000;
/** After the grace, time for cancelled jobs to go back to their queue. */
const GIVE_BACK = 3_000;
/** How often it is looked for what went astray because a clock was set, in milliseconds. */
const LOOK = 5_000;

/** Runs each job in a slot of its host; one that can't be read has no host to tell. */
@Injectable()
abstract class Consumer extends WorkerHost {
  private readonly share = new HostShare(() => this.worker.concurrency);

  constructor(private readonly runner: JobRunner) {
    super();
  }

  /** Whether no job runs. */
  get isIdle(): boolean {
    return this.share.isIdle;
  }

  /** BullMQ hands over the signal only to a processor with three parameters. */
  override process(job: Job<Envelope>, token: string | undefined, signal?: AbortSignal): Promise<Outcome> {
    const run = (): Promise<Outcome> => this.runner.run(job, token, signal ?? new AbortController().signal);
    return isKnown(job) ? this.share.run(job, token, run) : run();
  }
}

/** Consumes quick answers. */
@Processor('query', OPTIONS)
export class QueryConsumer extends Consumer {}

/** Consumes long transfers. */
@Processor('download', OPTIONS)
export class DownloadConsumer extends Consumer {}

/** Starts and stops the consumers in our order: they begin when all else is ready, and end before it. */
@Injectable()
export class Consumers {
  private looking: NodeJS.Timeout | undefined;
  private started: readonly Consumer[] = [];
  private stopping = false;

  constructor(
    private readonly link: RedisLink,
    private readonly registrar: BullRegistrar,
    private readonly query: QueryConsumer,
    private readonly download: DownloadConsumer,
  ) {}

  /** Takes jobs from now on, unless it was told to stop before. */
  start(config: Config, log: Logger): void {
    if (this.stopping) return;
    this.started = [this.query, this.download];
    this.registrar.register();
    this.query.worker.concurrency = config.queryConcurrency;
    this.download.worker.concurrency = config.downloadConcurrency;
    for (const worker of this.workers) {
      worker.on('error', (error) => log.debug({ reason: error.message }, `queue ${worker.name}`));
      worker.on('stalled', (jobId) => log.warn({ jobId }, 'took over the job of a worker that fell silent'));
      worker.run().catch((error: unknown) => log.error({ err: error }, `the consumer of queue ${worker.name} ended`));
    }
    // What could not be mended for want of Redis is at the next look.
    this.looking = setInterval(() => {
      for (const worker of this.workers) {
        void callBackAstray(this.link, worker).catch(() => {});
        void shortenOverlong(this.link, worker).catch(() => {});
      }
    }, LOOK);
  }

  /**
   * Takes no more jobs, lets the running ones finish for `grace` milliseconds, gives the rest back to the queue. False: it
   * could not be done, for Redis does not answer, or a job does not end. BullMQ would wait for ever, also for a Redis
   * that is away while there is nothing to tell it.
   */
  async stop(grace: number): Promise<boolean> {
    this.stopping = true;
    clearInterval(this.looking);
    const closed = Promise.all(this.workers.map((worker) => worker.close())).then(() => true);
    const soon = Math.min(grace, GOODBYE);
    if (await within(soon, closed, () => this.started.every(({ isIdle }) => isIdle))) return true;
    if (await within(grace - soon, closed, notYet)) return true;
    for (const worker of this.workers) worker.cancelAllJobs(SHUTDOWN);
    return within(GIVE_BACK, closed, notYet);
  }

  private get workers(): WorkerHost['worker'][] {
    return this.started.map(({ worker }) => worker);
  }
}

function notYet(): boolean {
  return false;
}
