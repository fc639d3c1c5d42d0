import { Queue, Worker, type Job } from 'bullmq';
import { pino } from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Metrics } from '#libs/observability';
import { Completions, JobQueue, QueuePulse, RedisLink, Refusals, STORED, WorkerPulse } from '#libs/queue';
import { startRedis } from '../../../test/support/redis.js';
import { Lookout } from '../src/lookout.js';

const PATIENT = { timeout: 15_000 };

it('a client waits on for a job that a worker holds which takes no more, and no longer once that lets go of it', async () => {
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
  const queue = new JobQueue({
    queues,
    completions,
    lookouts,
    refusals: new Refusals(link),
    pulse,
    metrics,
    patience: 1_000,
  });
  const worker = new Worker('download', null, { connection: { ...place, maxRetriesPerRequest: null }, prefix: 'stoa' });
  const sign = new WorkerPulse(link, 'stopping');
  await sign.start();
  onTestFinished(async () => {
    vi.restoreAllMocks();
    completions.close();
    link.close();
    await Promise.all([worker.close(), queues.query.close(), queues.download.close()]);
    await redis.close();
  });
  const ask = (name: string) =>
    queue.run(
      { name: 'fetch.zip', payload: { module: `example.com/${name}`, version: 'v1.0.0' } },
      { requestId: 'r', wait: 60_000, stored: () => Promise.resolve(false) },
    );

  const [finished, givenBack] = [ask('finished'), ask('given-back')];
  const jobs: Job[] = [];
  while (jobs.length < 2) {
    const job: Job | undefined = await worker.getNextJob(`token${jobs.length}`);
    if (job) jobs.push(job);
  }
  await sign.stop();
  const held = vi.spyOn(lookouts.download, 'isHeld');
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + 60_000);

  // It has been asked for both and found both held, so both clients wait on.
  await expect.poll(() => held.mock.results.length, PATIENT).toBeGreaterThanOrEqual(2);
  expect(await Promise.all(held.mock.results.map(({ value }) => value as Promise<boolean>))).not.toContain(false);
  for (const job of jobs) {
    if (job.data.payload.module === 'example.com/finished') await job.moveToCompleted(STORED, job.token!, false);
    else await job.moveToWait(job.token);
  }
  expect((await finished).outcome).toEqual(STORED);
  expect((await givenBack).outcome).toMatchObject({ ok: false, kind: 'busy' });
});
