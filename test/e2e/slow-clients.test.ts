import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { play } from '../chaos/scenario.js';
import { noMoreThan, slowClients, startTarget, type Target } from '../chaos/slow-clients.js';
import { ask } from '../support/ask.js';
import { Crowd } from '../support/crowd.js';

describe.each(['fs', 's3'] as const)('a gateway on %s storage', (storage) => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget(storage);
  });
  afterAll(() => target?.close());

  it('serves others while hundreds read slowly, say nothing, spell their headers or leave, and keeps nothing of them', async () => {
    const before = await target.held();
    await play(
      slowClients(
        target,
        { slowReaders: 25, halfOpen: 200, slowHeaders: 50, idle: 300, aborting: 8 },
        { before: 100, during: 500, after: 100, hitsPerSecond: 30, missesPerSecond: 5 },
      ),
    );
    await expect.poll(target.held).toSatisfy(noMoreThan(before));
  });

  it('keeps nothing of clients who leave while they wait for a job', async () => {
    const { upstream, url } = target;
    const before = await target.held();
    const path = '/example.com/late/@v/v1.0.0.zip';
    const [asked, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    upstream.add('example.com/late', 'v1.0.0', { files: { 'large.bin': Buffer.alloc(2_000_000, 5) } });
    upstream.respond(path, async (_request, _response, serve) => {
      asked.resolve();
      await gone.promise;
      serve();
    });
    const stays = ask(`${url}${path}`);
    await asked.promise;
    await new Crowd(url).aborting(50, path, 0);
    gone.resolve();
    expect((await stays).bytes.equals(upstream.file(path))).toBe(true);
    await expect.poll(target.held).toSatisfy(noMoreThan(before));
  });
});
