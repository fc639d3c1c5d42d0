import { describe, expect, it } from 'vitest';

import { Semaphore } from '../../src/direct/semaphore.js';

const { signal } = new AbortController();

/** A task that tells when it runs and ends when told. */
function task(): { run: () => Promise<void>; started: Promise<void>; end: () => void } {
  const started = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  return {
    run: async () => {
      started.resolve();
      await ended.promise;
    },
    started: started.promise,
    end: ended.resolve,
  };
}

describe('Semaphore', () => {
  it('runs as many tasks as it has slots, the others in their order', async () => {
    const semaphore = new Semaphore(2);
    const order: number[] = [];
    const tasks = [task(), task(), task(), task()];
    const runs = tasks.map((one, index) =>
      semaphore.run(signal, async () => {
        order.push(index);
        await one.run();
      }),
    );
    await Promise.all([tasks[0]?.started, tasks[1]?.started]);
    expect(order).toEqual([0, 1]);
    tasks[1]?.end();
    await tasks[2]?.started;
    expect(order).toEqual([0, 1, 2]);
    for (const one of tasks) one.end();
    await Promise.all(runs);
    expect(order).toEqual([0, 1, 2, 3]);
  });

  it('frees the slot of a task that fails', async () => {
    const semaphore = new Semaphore(1);
    await expect(semaphore.run(signal, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(await semaphore.run(signal, () => Promise.resolve('next'))).toBe('next');
  });

  it('lets those who wait give up, and their place goes to the next', async () => {
    const semaphore = new Semaphore(1);
    const first = task();
    const running = semaphore.run(signal, first.run);
    const impatient = new AbortController();
    const given = semaphore.run(impatient.signal, () => Promise.resolve('ran'));
    const next = semaphore.run(signal, () => Promise.resolve('next'));
    impatient.abort(new Error('gave up'));
    await expect(given).rejects.toThrow('gave up');
    first.end();
    await running;
    expect(await next).toBe('next');
    await expect(semaphore.run(impatient.signal, () => Promise.resolve('ran'))).rejects.toThrow('gave up');
    expect(await semaphore.run(signal, () => Promise.resolve('free'))).toBe('free');
  });
});
