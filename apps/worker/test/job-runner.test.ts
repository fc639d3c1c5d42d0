import { Queue, Worker, type Job } from 'bullmq';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '#libs/config';
import { Metrics } from '#libs/observability';
import { RefusalError } from '#libs/protocol';
import { DeclinedJobs, RedisLink, Refusals, SCHEMA, type Envelope } from '#libs/queue';
import { startRedis } from '../../../test/support/redis.js';
import type { Handlers } from '../src/handler.js';
import { JobRunner } from '../src/job-runner.js';
import { startWorking } from './working.js';

/** Has a runner do one job with the given handler, and tells its outcome. */
async function outcomeOf(fetchZip: Handlers['fetch.zip'], settings: Record<string, string> = {}): Promise<unknown> {
  const redis = await startRedis();
  const working = await startWorking();
  const { config } = loadConfig('worker', { GOPROXY: 'off', GOSUMDB: 'off', STOA_REDIS_URL: redis.url, ...settings });
  const log = pino({ level: 'silent' });
  const link = new RedisLink(config.redis, 'stoa', log);
  const handlers: Handlers = { ...working.worker(), 'fetch.zip': fetchZip };
  const parts = { handlers, refusals: new Refusals(link, config), declined: new DeclinedJobs(link, 'me'), config, log };
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
  return ended;
}

it('a handler that does not end at its deadline is left alone, and its job is refused', async () => {
  expect(await outcomeOf(() => new Promise(() => {}), { STOA_FETCH_TIMEOUT: '100ms' })).toEqual({
    ok: false,
    kind: 'timeout',
    message: 'example.com/m@v1.0.0: not fetched within 0.1 s',
  });
});

it.each([
  ['that is done', null, { ok: true }],
  ['that is refused', new RefusalError('not-found', 'no such version'), { ok: false, kind: 'not-found' }],
  ['that fails', new Error('broken'), { ok: false, kind: 'internal' }],
])('what a job %s has begun, and nobody waits for, is told to end with it', async (_, error, outcome) => {
  const signals: AbortSignal[] = [];
  const told: boolean[] = [];
  const fetchZip: Handlers['fetch.zip'] = async (_payload, { signal }) => {
    signals.push(signal);
    told.push(signal.aborted);
    if (error) throw error;
  };
  expect(await outcomeOf(fetchZip)).toMatchObject(outcome);
  expect(told).toEqual([false]);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});
