import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { readBody } from '#libs/storage';
import { canMount, mountSmallDisk } from '../../../test/support/small-disk.js';
import { CHUNK, diskTrial, said, SIZE, ZIP, zip } from './disk/disk-trial.js';

describe('DiskTier', () => {
  const t = diskTrial();

  describe('when it is full', () => {
    const keys = ['a', 'b', 'c', 'd'].map((name) => `example.com/${name}/@v/v1.0.0.zip`);
    const kept = async (): Promise<boolean[]> => {
      t.remote.away = true;
      const found = await Promise.all(keys.map((key) => t.tier.get(key).catch(() => null)));
      t.remote.away = false;
      for (const one of found) (one?.body as Readable | undefined)?.destroy();
      return found.map((one) => one !== null);
    };

    beforeEach(async () => {
      await t.restart({ maxBytes: 3.5 * SIZE });
      for (const key of keys) await t.put(key, randomBytes(SIZE));
      for (const key of keys.slice(0, 3)) await t.fill(key);
    });

    it('drops the least recently used', async () => {
      await t.read(keys[0]);
      await t.fill(keys[3]);
      expect(await kept()).toEqual([true, false, true, true]);
      expect((await t.metrics.cacheEvictions.get()).values[0]!.value).toBe(1);
      expect((await t.metrics.cacheBytes.get()).values[0]!.value).toBeLessThan(3.5 * SIZE);
    });

    it('knows over a restart who was used when', async () => {
      await t.read(keys[0]);
      await t.restart({ maxBytes: 3.5 * SIZE });
      await t.fill(keys[3]);
      expect(await kept()).toEqual([true, false, true, true]);
    });

    it('shrinks at a start with a smaller bound', async () => {
      await t.restart({ maxBytes: 2.5 * SIZE });
      expect(await kept()).toEqual([false, true, true, false]);
    });

    it('gives a reader all of what is dropped while it is read', async () => {
      const expected = await readBody((await t.remote.get(keys[0]!))!.body);
      const { body } = (await t.tier.get(keys[0]!))!;
      // The order of use is kept in milliseconds.
      const opened = Date.now();
      await expect.poll(Date.now, { interval: 1 }).toBeGreaterThan(opened);
      await t.read(keys[1]);
      await t.read(keys[2]);
      await t.fill(keys[3]);
      expect(await kept()).toEqual([false, true, true, true]);
      expect((await readBody(body)).equals(expected)).toBe(true);
    });

    it('does not keep what is more than half of it, and drops nothing for it', async () => {
      const large = 'example.com/large/@v/v1.0.0.zip';
      await t.put(large, randomBytes(2 * SIZE));
      for (let n = 0; n < 2; n++) {
        const found = await t.load(large);
        expect([found!.bytes.length, found!.tier]).toEqual([2 * SIZE, 'storage']);
      }
      expect(await kept()).toEqual([true, true, true, false]);
    });
  });

  it('shares its folder with another process', async () => {
    const other = await t.openTier({ maxBytes: 3.5 * SIZE });
    await Promise.all([t.read(), t.read(ZIP, other)]);
    await t.settled();
    expect(t.files()).toHaveLength(1);
    expect([await t.read(), await t.read(ZIP, other)]).toEqual(Array(2).fill(said(zip, 'disk')));
    for (const name of ['a', 'b', 'c', 'd']) {
      const key = `example.com/${name}/@v/v1.0.0.zip`;
      await t.put(key, randomBytes(SIZE));
      await t.read(key, other);
      await t.settled();
    }
    // The other has dropped it.
    expect((await t.load())!.tier).toBe('storage');
    await other.close();
  });

  describe('on a disk that fails', () => {
    it.each(['is no folder', 'is removed'])('answers from the storage when its folder %s', async (fault) => {
      await t.fill();
      rmSync(join(t.root, 'cache'), { recursive: true });
      if (fault === 'is no folder') writeFileSync(join(t.root, 'cache'), '');
      expect(await t.read()).toBe(said(zip, 'storage'));
      expect((await t.load())!.bytes.equals(zip)).toBe(true);
      if (fault === 'is no folder') {
        rmSync(join(t.root, 'cache'));
        mkdirSync(join(t.root, 'cache', '.tmp'), { recursive: true });
      }
      await t.fill();
      expect((await t.load())!.tier).toBe('disk');
    });

    it('opens on a folder that can not be made', async () => {
      writeFileSync(join(t.root, 'file'), '');
      const broken = await t.openTier({ folder: join(t.root, 'file', 'below') });
      expect(await t.read(ZIP, broken)).toBe(said(zip, 'storage'));
      expect(t.warnings.length).toBeGreaterThan(0);
    });

    it.runIf(canMount)('answers from the storage when the disk gets full in the middle', async () => {
      const disk = await mountSmallDisk(4 * SIZE);
      const small = await t.openTier({ folder: join(disk.folder, 'cache') });
      t.remote.holdAfter = 8 * CHUNK;
      const reading = Promise.all([t.load(ZIP, small), t.load(ZIP, small)]);
      await expect.poll(() => readdirSync(join(disk.folder, 'cache', '.tmp'))).toHaveLength(1);
      expect(() => writeFileSync(join(disk.folder, 'other'), randomBytes(4 * SIZE))).toThrow('ENOSPC');
      t.remote.release();
      for (const found of await reading) expect(found!.bytes.equals(zip)).toBe(true);
      // No room at all: not even begun.
      expect((await t.load(ZIP, small))!.bytes.equals(zip)).toBe(true);
      rmSync(join(disk.folder, 'other'));
      await t.read(ZIP, small);
      await expect.poll(async () => (await t.load(ZIP, small))!.tier).toBe('disk');
      await small.close();
      await disk.close();
    });
  });
});
