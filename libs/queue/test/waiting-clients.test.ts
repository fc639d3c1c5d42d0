import { expect, it, vi } from 'vitest';
import { dedupId, JOB_OPTIONS, SCHEMA } from '../src/jobs.js';
import { STORED, type JobRequest, type RunOptions } from '#libs/queue';
import { startQueueing, type Queueing } from './queueing.js';

const JOB: JobRequest = { name: 'fetch.zip', payload: { module: 'example.com/m', version: 'v1.0.0' } };
const options = (own: Partial<RunOptions> = {}): RunOptions => ({
  requestId: 'r',
  wait: 60_000,
  stored: () => Promise.resolve(false),
  ...own,
});

async function waiting({ metrics }: Queueing): Promise<number | undefined> {
  return (await metrics.waitingClients.get()).values[0]?.value;
}

it('a client waits on for a job under way when the storage can not be looked at', async () => {
  const { queue, queues, take } = await startQueueing();
  // Another gateway asked first, so that this one looks before it waits.
  const envelope = { schema: SCHEMA, requestId: 'other', payload: JOB.payload };
  await queues.download.add(JOB.name, envelope, { ...JOB_OPTIONS, deduplication: { id: dedupId(JOB) } });
  const stored = vi.fn(() => Promise.reject<boolean>(new Error('ENOTCONN')));
  const answer = queue.run(JOB, options({ stored }));
  await expect.poll(() => stored.mock.calls.length).toBeGreaterThan(0);
  const [job] = await take(1);
  await job!.moveToCompleted(STORED, job!.token!, false);
  expect(await answer).toEqual({ outcome: STORED });
});

it('a client that leaves is waited with no longer, and the others and the job are none the wiser', async () => {
  const queueing = await startQueueing();
  const { queue, take } = queueing;
  const leaving = new AbortController();
  const gone = new AbortController();
  gone.abort();
  const [leaver, absent, other] = [leaving.signal, gone.signal, undefined].map((left) =>
    queue.run(JOB, options({ left })),
  );
  const [job] = await take(1);
  leaving.abort();
  for (const one of [leaver, absent]) expect((await one)?.outcome).toMatchObject({ ok: false, kind: 'busy' });
  expect(await waiting(queueing)).toBe(1);
  await job!.moveToCompleted(STORED, job!.token!, false);
  expect(await other).toEqual({ outcome: STORED });
  expect(await waiting(queueing)).toBe(0);
});
