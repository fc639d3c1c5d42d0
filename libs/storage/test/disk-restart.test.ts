import { randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readBody } from '#libs/storage';
import { CHUNK, diskTrial, said, SIZE, ZIP, zip } from './disk/disk-trial.js';

describe('DiskTier', () => {
  const t = diskTrial();

  describe('over a restart', () => {
    it('keeps what it has, and asks the storage once whether it has it still', async () => {
      const stat = await t.remote.stat(ZIP);
      await t.fill();
      await t.restart();
      const found = await Promise.all([t.read(), t.read(), t.read()]);
      expect(found).toEqual(Array(3).fill(said(zip, 'disk')));
      expect(await t.tier.stat(ZIP)).toEqual(stat);
      expect(t.remote.calls).toEqual(['stat']);
    });

    it('serves what it has while the storage is away', async () => {
      await t.fill();
      await t.restart();
      t.remote.away = true;
      expect(await t.read()).toBe(said(zip, 'disk'));
    });

    it('forgets what was removed before the restart, once a storage that was away says so', async () => {
      await t.fill();
      await t.restart();
      await t.remote.delete(ZIP);
      t.remote.away = true;
      vi.useFakeTimers({ toFake: ['performance'] });
      try {
        expect([await t.read(), await t.read()]).toEqual(Array(2).fill(said(zip, 'disk')));
        expect(t.remote.calls).toEqual(['stat']);
        t.remote.away = false;
        vi.advanceTimersByTime(60_000);
        expect(await t.read()).toBeNull();
        expect(t.files()).toEqual([]);
      } finally {
        vi.useRealTimers();
      }
    });

    it.each(['removed', 'replaced'])('forgets what was %s meanwhile', async (change) => {
      await t.fill();
      await t.tier.close();
      const other = randomBytes(SIZE);
      if (change === 'removed') await t.remote.delete(ZIP);
      else await t.put(ZIP, other);
      t.tier = await t.openTier();
      expect(await t.read()).toBe(change === 'removed' ? null : said(other, 'storage'));
    });

    it('forgets what was removed while news were missed', async () => {
      await t.fill();
      await t.remote.delete(ZIP);
      expect((await t.load())!.tier).toBe('disk');
      t.tier.recheck();
      expect(await t.read()).toBeNull();
      expect(t.files()).toEqual([]);
    });

    it('forgets what was removed while news were missed and it was being filled', async () => {
      t.remote.holdAfter = 4 * CHUNK;
      const filling = t.read();
      await expect.poll(() => t.unfinished().length).toBe(1);
      await t.remote.delete(ZIP);
      t.tier.recheck();
      t.remote.release();
      expect(await filling).toBe(said(zip, 'storage'));
      await t.settled();
      expect(await t.read()).toBeNull();
      expect(t.files()).toEqual([]);
    });

    it('does not find what was kept of another storage', async () => {
      await t.fill();
      const other = await t.openTier({ origin: 'other' });
      expect((await t.load(ZIP, other))!.tier).toBe('storage');
      expect(await t.read()).toBe(said(zip, 'disk'));
    });

    const damages: Record<string, (path: string) => void> = {
      'a flipped bit': (path) => {
        const { mtime, atime } = statSync(path);
        const bytes = readFileSync(path);
        bytes[1000]! ^= 1;
        writeFileSync(path, bytes);
        utimesSync(path, atime, mtime);
      },
      'a flipped bit in its label': (path) => {
        const { mtime, atime } = statSync(path);
        const bytes = readFileSync(path);
        bytes[SIZE + 10]! ^= 1;
        writeFileSync(path, bytes);
        utimesSync(path, atime, mtime);
      },
      'a lost end': (path) => truncateSync(path, SIZE),
      'a lost half': (path) => truncateSync(path, SIZE / 2),
      'nothing in it': (path) => truncateSync(path, 0),
      'zeros at its end': (path) => {
        truncateSync(path, SIZE / 2);
        truncateSync(path, SIZE + 200);
      },
      'more at its end': (path) => appendFileSync(path, 'more'),
    };

    it.each(Object.entries(damages))('does not serve a file with %s, and makes it anew', async (_, damage) => {
      await t.fill();
      await t.tier.close();
      damage(t.files()[0]!);
      t.tier = await t.openTier();
      expect(await t.read()).toBe(said(zip, 'storage'));
      await t.settled();
      expect(await t.read()).toBe(said(zip, 'disk'));
      expect(t.warnings).toEqual(['a file of the disk cache is damaged']);
    });

    it.each(['a lost half', 'more at its end'])('does not serve a file that is damaged in use: %s', async (name) => {
      await t.fill();
      expect((await t.load())!.tier).toBe('disk');
      damages[name]!(t.files()[0]!);
      expect(await t.read()).toBe(said(zip, 'storage'));
    });

    it('goes on from the storage where a file ends while it is read', async () => {
      await t.fill();
      const { body, tier: from } = (await t.tier.get(ZIP))!;
      truncateSync(t.files()[0]!, SIZE / 2);
      expect([from, (await readBody(body)).equals(zip)]).toEqual(['disk', true]);
      expect(t.reads()).toEqual(['get', `range ${SIZE / 2}-${SIZE - 1}`]);
    });

    it('removes what a crash left, once nobody can be writing it, and counts it until then', async () => {
      const folder = join(t.root, 'cache', '.tmp');
      writeFileSync(join(folder, 'old'), zip);
      writeFileSync(join(folder, 'young'), zip);
      const before = new Date(Date.now() - 6 * 60 * 1000);
      utimesSync(join(folder, 'old'), before, before);
      await t.restart();
      expect(t.unfinished()).toEqual(['young']);
      const { values } = await t.metrics.cacheBytes.get();
      expect(values[0]!.value).toBeGreaterThan(SIZE);
      rmSync(join(folder, 'young'));
    });
  });
});
