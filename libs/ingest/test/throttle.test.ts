import { describe, expect, it } from 'vitest';
import { Throttle } from '#libs/ingest';

/** A clock that stands still but for those who wait. */
function clock() {
  let now = 0;
  return {
    now: () => now,
    wait: (milliseconds: number) => {
      now += milliseconds;
      return Promise.resolve();
    },
  };
}

async function* chunks(count: number, size: number): AsyncGenerator<Buffer> {
  for (let n = 0; n < count; n++) yield Buffer.alloc(size);
}

describe('a rate', () => {
  it('lets no more bytes through than it says, whatever their pieces', async () => {
    const time = clock();
    const throttle = new Throttle(1000, time);
    let passed = 0;
    for await (const chunk of throttle.pass(chunks(40, 250))) {
      passed += chunk.length;
      expect(passed).toBeLessThanOrEqual(time.now());
    }
    expect([passed, time.now()]).toEqual([10_000, 10_000]);
  });

  it('is one for all who read at once', async () => {
    const time = clock();
    const throttle = new Throttle(1000, time);
    let passed = 0;
    const read = async (): Promise<void> => {
      for await (const chunk of throttle.pass(chunks(10, 100))) passed += chunk.length;
    };
    await Promise.all([read(), read(), read()]);
    expect(passed).toBe(3000);
    expect(time.now()).toBeGreaterThanOrEqual(3000);
  });

  it('gives no credit for a pause', async () => {
    const time = clock();
    const throttle = new Throttle(1000, time);
    await time.wait(60_000);
    await throttle.take(500);
    expect(time.now()).toBe(60_500);
  });
});
