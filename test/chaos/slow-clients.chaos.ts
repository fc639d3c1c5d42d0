import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { play } from './scenario.js';
import { noMoreThan, slowClients, startTarget, type Target } from './slow-clients.js';

describe.each(['fs', 's3'] as const)('slow and hostile clients of a gateway on %s storage', (storage) => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget(storage);
  });
  afterAll(() => target?.close());

  it('hurt no one else and leave nothing behind', async () => {
    const before = await target.held();
    await play(
      slowClients(
        target,
        { slowReaders: 200, halfOpen: 500, slowHeaders: 200, idle: 10_000, aborting: 100 },
        // Slow headers, and who says nothing, are cut off within 25 s.
        { before: 5_000, during: 30_000, after: 10_000, hitsPerSecond: 100, missesPerSecond: 5 },
      ),
    );
    await expect.poll(target.held, { timeout: 60_000 }).toSatisfy(noMoreThan(before));
  });
});
