import { Queue, Worker, type Job } from 'bullmq';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RedisLink, WorkerPulse, type Envelope } from '#libs/queue';
import { ask, metric } from '../support/ask.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const PATIENT = { timeout: 60_000 };

/** What a version of Stoa writes that is newer than all there is. */
const NEWER = 1_000_000;
const module = 'example.com/m';
const version = 'v1.0.0';
const ID = `fetch.zip:${module}@${version}`;
const ZIP = `/${module}/@v/${version}.zip`;

let upstream: FakeUpstream;
let stack: Stack;
let queue: Queue;
const closing: (() => unknown)[] = [];

beforeEach(async () => {
  upstream = await startUpstream();
  upstream.add(module, version);
  stack = await startStack({ workers: 2, env: { GOPROXY: upstream.url } });
  queue = new Queue('download', { prefix: 'stoa', connection: { path: stack.redis.path } });
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await queue.close();
  await stack.close();
  await upstream.close();
});

/** Adds a job as a gateway of another version would. */
async function addJob(name: string, data: object, deduplicationId: string): Promise<Job> {
  const job: Job = await queue.add(name, data, { deduplication: { id: deduplicationId } });
  return job;
}

async function outcomeOf(job: Job): Promise<unknown> {
  let ended: Job | undefined;
  await expect
    .poll(async () => (ended = await queue.getJob(job.id!))?.finishedOn, PATIENT)
    .toBeGreaterThan(0);
  return ended?.returnvalue as unknown;
}

it.each([
  ['of a newer schema', 'fetch.zip', { schema: NEWER, requestId: 'r', payload: { of: module, at: version } }],
  ['of a schema that is none', 'fetch.zip', { anything: 'else' }],
  ['with an unknown name', 'fetch.all', { schema: 1, requestId: 'r', payload: { module, version } }],
])('a job %s is refused once all workers have declined it, and who joined it is told', async (_what, name, data) => {
  await queue.pause(); // until the client has joined it
  const job = await addJob(name, data, ID);
  const answer = ask(`${stack.url}${ZIP}`);
  const joined = () => metric(stack.gateways[0]!.ops, 'stoa_single_flight_joined_total', { job: 'fetch.zip' });
  await expect.poll(joined, PATIENT).toBe(1);
  await queue.resume();
  const { status, text } = await answer;
  expect([status, text]).toEqual([
    503,
    `unavailable: ${module}@${version}: no worker of this gateway's version is running\n`,
  ]);
  expect(await outcomeOf(job)).toMatchObject({ ok: false, kind: 'busy' });
  // Nothing is left of it that would be in the way of a job that is known.
  expect((await ask(`${stack.url}${ZIP}`)).status).toBe(200);
});

it('a job of a newer schema goes by the old workers to the new one, which leaves theirs to them', async () => {
  const link = new RedisLink({ kind: 'socket', path: stack.redis.path, db: 0 }, 'stoa', pino({ level: 'silent' }));
  const pulse = new WorkerPulse(link, 'a-newer-worker');
  await pulse.start();
  closing.push(() => pulse.stop().then(() => link.close()));
  const jobs = await Promise.all(
    Array.from({ length: 5 }, (_, at) => addJob('fetch.zip', { schema: NEWER, requestId: 'r' }, `fetch.zip:n${at}`)),
  );
  // It comes when each of them has been declined by both.
  const declined = () =>
    Promise.all(jobs.map(({ id }) => stack.redis.command('scard', `stoa:declined:${id}`)));
  await expect.poll(declined, PATIENT).toEqual(jobs.map(() => 2));
  const newer = new Worker<Envelope>('download', async ({ data }) => ({ ok: true, by: data.schema }), {
    prefix: 'stoa',
    connection: { path: stack.redis.path, maxRetriesPerRequest: null },
  });
  closing.unshift(() => newer.close());
  for (const job of jobs) expect(await outcomeOf(job)).toEqual({ ok: true, by: NEWER });
});
