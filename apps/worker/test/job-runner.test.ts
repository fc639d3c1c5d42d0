import { Queue, Worker, type Job } from 'bullmq';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '#libs/config';
import { Metrics } from '#libs/observability';
import { DeclinedJobs, RedisLink, Refusals, SCHEMA, type Envelope } from '#libs/queue';
import { startRedis } from '../../../test/support/redis.js';
import type { Handlers } from '../src/handler.js';
import { JobRunner } from '../src/job-runner.js';
import { startWorking } from './working.js';

it('a handler that does not end at its deadline is left alone, and its job is refused', async () => {
  const redis = await startRedis();
  const working = await startWorking();
  const { config } = loadConfig('worker', { GOPROXY: 'off', STOA_FETCH_TIMEOUT: '100ms', STOA_REDIS_URL: redis.url });
  const log = pino({ level: 'silent' });
  const link = new RedisLink(config.redis, 'stoa', log);
  const handlers: Handlers = { ...working.worker(), 'fetch.zip': () => new Promise(() => {}) };
  const parts = { handlers, refusals: new Refusals(link), declined: new DeclinedJobs(link, 'me'), config, log };
  const runner = new JobRunner({ ...parts, metrics: new Metrics() });
  const run = (job: Job<Envelope>, token?: string) => runner.run(job, token, new AbortController().signal);
  const connection = { path: redis.path };
  const queue = new Queue('download', { connection });
  const worker = new Worker('download', run, { connection: { ...connection, maxRetriesPerRequest: null } });
  onTestFinished(async () => {
    await Promise.all([worker.close(), queue.close(), working.close()]);
    link.close();
    await redis.close();
  });

  const payload = { module: 'example.com/m', version: 'v1.0.0' };
  const ended = new Promise<unknown>((resolve) =>
    worker.once('completed', (_job, outcome: unknown) => resolve(outcome)),
  );
  await queue.add('fetch.zip', { schema: SCHEMA, requestId: 'r', payload });
  expect(await ended).toEqual({
    ok: false,
    kind: 'timeout',
    message: 'example.com/m@v1.0.0: not fetched within 0.1 s',
  });
});
