import { Queue, Worker, type Job } from 'bullmq';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { RedisLink, SCHEMA, WorkerPulse, type Envelope } from '#libs/queue';
import { ask, metric } from '../support/ask.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const PATIENT = { timeout: 60_000 };

/** What a version of Stoa writes that is newer than all there is. */
const NEWER = 1_000_000;
const version = 'v1.0.0';

let upstream: FakeUpstream;
let stack: Stack;
let queue: Queue;

beforeAll(async () => {
  upstream = await startUpstream();
  stack = await startStack({ workers: 2, env: { GOPROXY: upstream.url } });
  queue = new Queue('download', { prefix: 'stoa', connection: { path: stack.redis.path } });
});
afterAll(async () => {
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
  await expect.poll(async () => (ended = await queue.getJob(job.id!))?.finishedOn, PATIENT).toBeGreaterThan(0);
  return ended?.returnvalue as unknown;
}

it.each([
  ['of a newer schema', 'example.com/newer', 'fetch.zip', { schema: NEWER, requestId: 'r', payload: { of: 'it' } }],
  ['of a schema that is none', 'example.com/none', 'fetch.zip', { anything: 'else' }],
  ['with an unknown name', 'example.com/name', 'fetch.all', { schema: SCHEMA, requestId: 'r', payload: {} }],
])(
  'a job %s is refused once all workers have declined it, and who joined it is told',
  async (_, module, name, data) => {
    upstream.add(module, version);
    const [ops, counter] = [stack.gateways[0]!.ops, 'stoa_single_flight_joined_total'];
    const before = await metric(ops, counter, { job: 'fetch.zip' });
    await queue.pause(); // until the client has joined it
    const job = await addJob(name, data, `fetch.zip:${module}@${version}`);
    const answer = ask(`${stack.url}/${module}/@v/${version}.zip`);
    await expect.poll(() => metric(ops, counter, { job: 'fetch.zip' }), PATIENT).toBe(before + 1);
    await queue.resume();
    const { status, text } = await answer;
    expect([status, text]).toEqual([
      503,
      `unavailable: ${module}@${version}: no worker of this gateway's version is running\n`,
    ]);
    expect(await outcomeOf(job)).toMatchObject({ ok: false, kind: 'busy' });
    // Nothing is left of it that would be in the way of a job that is known.
    expect((await ask(`${stack.url}/${module}/@v/${version}.zip`)).status).toBe(200);
  },
);

it('a job of a newer schema goes by the old workers to the new one, which leaves theirs to them', async () => {
  const link = new RedisLink({ kind: 'socket', path: stack.redis.path, db: 0 }, 'stoa', pino({ level: 'silent' }));
  const pulse = new WorkerPulse(link, 'a-newer-worker');
  await pulse.start();
  onTestFinished(() => pulse.stop().then(() => link.close()));
  const jobs = await Promise.all(
    Array.from({ length: 5 }, (_, at) => addJob('fetch.zip', { schema: NEWER, requestId: 'r' }, `fetch.zip:n${at}`)),
  );
  // It comes when each of them has been declined by both.
  const declined = () => Promise.all(jobs.map(({ id }) => stack.redis.command('scard', `stoa:declined:${id}`)));
  await expect.poll(declined, PATIENT).toEqual(jobs.map(() => 2));
  const newer = new Worker<Envelope>('download', async ({ data }) => ({ ok: true, by: data.schema }), {
    prefix: 'stoa',
    connection: { path: stack.redis.path, maxRetriesPerRequest: null },
  });
  onTestFinished(() => newer.close());
  for (const job of jobs) expect(await outcomeOf(job)).toEqual({ ok: true, by: NEWER });
});
