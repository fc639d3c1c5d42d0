import { expect, it, onTestFinished, vi } from 'vitest';
import { STORED } from '#libs/queue';
import { startQueueing } from './queueing.js';

it('a client waits on for a job that a worker holds which takes no more, and no longer once that lets go of it', async () => {
  const { queue, lookouts, sign, take } = await startQueueing();
  onTestFinished(() => void vi.restoreAllMocks());
  const ask = (name: string) =>
    queue.run(
      { name: 'fetch.zip', payload: { module: `example.com/${name}`, version: 'v1.0.0' } },
      { requestId: 'r', wait: 60_000, stored: () => Promise.resolve(false) },
    );

  const [finished, givenBack] = [ask('finished'), ask('given-back')];
  const jobs = await take(2);
  await sign.stop();
  const held = vi.spyOn(lookouts.download, 'isHeld');
  const now = performance.now.bind(performance);
  // Between two looks passes more time than a client waits without a worker.
  const start = now();
  vi.spyOn(performance, 'now').mockImplementation(() => start + 20 * (now() - start));

  // It has been asked for both and found both held, so both clients wait on.
  await expect.poll(() => held.mock.results.length).toBeGreaterThanOrEqual(2);
  expect(await Promise.all(held.mock.results.map(({ value }) => value as Promise<boolean>))).not.toContain(false);
  for (const job of jobs) {
    if (job.data.payload.module === 'example.com/finished') await job.moveToCompleted(STORED, job.token!, false);
    else await job.moveToWait(job.token);
  }
  expect((await finished).outcome).toEqual(STORED);
  expect((await givenBack).outcome).toMatchObject({ ok: false, kind: 'busy' });
});
