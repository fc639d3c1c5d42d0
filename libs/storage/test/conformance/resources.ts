import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { beforeAll, expect, it } from 'vitest';
import { digest, MiB, patternChunks, patternStream } from './patterns.js';
import type { Trial } from './trial.js';

async function countDescriptors(): Promise<number> {
  return (await readdir('/dev/fd')).length;
}

/** What a store may hold: no descriptor after its reader has left, and little memory whatever the size. */
export function describeResources(begun: () => Trial, large: boolean): void {
  let trial: Trial;
  beforeAll(() => {
    trial = begun();
  });

  it('holds nothing open after reads that were left', async () => {
    await trial.store.put('left/x', patternStream(5 * MiB), { size: 5 * MiB, mode: 'create' });
    const before = await countDescriptors();
    for (let n = 0; n < 40; n++) {
      const { body } = (await trial.store.get('left/x'))!;
      if (Buffer.isBuffer(body)) continue;
      if (n % 2 === 0) await once(body, 'readable');
      const closed = once(body, 'close');
      body.destroy();
      await closed;
    }
    await expect.poll(countDescriptors).toBeLessThan(before + 10);
  });

  if (!large) return;
  it('takes and gives 600 MB in bounded memory', { timeout: 180_000 }, async () => {
    const size = 600 * MiB;
    const expected = await digest(patternChunks(size));
    globalThis.gc?.();
    const before = process.memoryUsage.rss();
    let peak = before;
    const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5);
    try {
      expect(await trial.store.put('huge/x', patternStream(size), { size, mode: 'create' })).toBe(true);
      const { body, stat } = (await trial.store.get('huge/x'))!;
      expect(stat.size).toBe(size);
      expect(await digest(body)).toEqual(expected);
    } finally {
      clearInterval(sampler);
      await trial.store.delete('huge/x');
    }
    expect(peak - before).toBeLessThan(150 * MiB);
  });
}
