import { Queue, Worker, type Job } from 'bullmq';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { Metrics } from '#libs/observability';
import { Completions, JobQueue, QueuePulse, RedisLink, Refusals, WorkerPulse, type QueueName } from '#libs/queue';
import { startRedis } from '../../../test/support/redis.js';
import { Lookout } from '../src/lookout.js';

/** A gateway's side of the queues, and a worker that does nothing by itself. */
export interface Queueing {
  readonly queue: JobQueue;
  readonly queues: Readonly<Record<QueueName, Queue>>;
  readonly lookouts: Readonly<Record<QueueName, Lookout>>;
  readonly metrics: Metrics;
  /** The worker's sign of life, which is shown. */
  readonly sign: WorkerPulse;
  /** Takes jobs of the queue `download`, as many as are wanted. */
  readonly take: (count: number) => Promise<Job[]>;
}

/** Starts them on a Redis of their own, which ends with the test. */
export async function startQueueing(): Promise<Queueing> {
  const redis = await startRedis();
  const log = pino({ level: 'silent' });
  const place = { kind: 'socket', path: redis.path, db: 0 } as const;
  const link = new RedisLink(place, 'stoa', log);
  const queues = {
    query: new Queue('query', { connection: place, prefix: 'stoa' }),
    download: new Queue('download', { connection: place, prefix: 'stoa' }),
  };
  const completions = new Completions(
    place,
    [queues.query, queues.download].map((queue) => queue.toKey('events')),
    log,
  );
  const metrics = new Metrics();
  const pulse = new QueuePulse(link, queues, 10, metrics);
  const lookouts = { query: new Lookout(link, queues.query), download: new Lookout(link, queues.download) };
  const refusals = new Refusals(link, { fetchTimeout: 60_000, queryTimeout: 60_000, notFoundTtl: 60_000 });
  const queue = new JobQueue({ queues, completions, lookouts, refusals, pulse, metrics, patience: 30_000 });
  const worker = new Worker('download', null, { connection: { ...place, maxRetriesPerRequest: null }, prefix: 'stoa' });
  const sign = new WorkerPulse(link, 'worker');
  await sign.start();
  onTestFinished(async () => {
    await sign.stop();
    completions.close();
    link.close();
    await Promise.all([worker.close(), queues.query.close(), queues.download.close()]);
    await redis.close();
  });
  let tokens = 0;
  return {
    queue,
    queues,
    lookouts,
    metrics,
    sign,
    take: async (count) => {
      const jobs: Job[] = [];
      while (jobs.length < count) {
        const job: Job | undefined = await worker.getNextJob(`token${tokens++}`);
        if (job) jobs.push(job);
      }
      return jobs;
    },
  };
}
