import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readBody } from '#libs/storage';
import { CHUNK, diskTrial, said, SIZE, ZIP, zip } from './disk/disk-trial.js';

describe('DiskTier', () => {
  const t = diskTrial();

  it('reads a zip once from the storage, then gives it from the disk, whole and in parts', async () => {
    expect(await t.read()).toBe(said(zip, 'storage'));
    await t.settled();
    expect(await t.read()).toBe(said(zip, 'disk'));
    for (const [start, end] of [
      [0, 0],
      [70_000, 200_000],
      [0, SIZE - 1],
    ] as const) {
      const part = await t.tier.get(ZIP, { start, end });
      expect([part!.tier, (await readBody(part!.body)).equals(zip.subarray(start, end + 1))]).toEqual(['disk', true]);
    }
    await expect(t.tier.get(ZIP, { start: 0, end: SIZE })).rejects.toThrow(RangeError);
    expect(await t.tier.stat(ZIP)).toEqual(await t.remote.stat(ZIP));
    expect(t.reads()).toEqual(['get']);
    expect(t.warnings).toEqual([]);
  });

  it('keeps zips of any size and what else is large, neither small files nor last answers nor absence', async () => {
    const large = randomBytes(1024 * 1024 + 1);
    await t.put('example.com/a/@v/v1.0.0.mod', large);
    await t.put('example.com/b/@v/v1.0.0.zip', Buffer.from('small'));
    await t.put('example.com/a/@v/v1.0.0.info', Buffer.alloc(CHUNK * 2));
    await t.put('example.com/a/@v/list', large);
    const tiers: (string | undefined)[] = [];
    for (const key of ['a/@v/v1.0.0.mod', 'b/@v/v1.0.0.zip', 'a/@v/v1.0.0.info', 'a/@v/list', 'c/@v/v1.0.0.zip']) {
      await t.fill(`example.com/${key}`);
      tiers.push((await t.load(`example.com/${key}`))?.tier);
    }
    expect(tiers).toEqual(['disk', 'disk', 'storage', 'storage', undefined]);
    await t.put('example.com/c/@v/v1.0.0.zip', zip);
    expect((await t.load('example.com/c/@v/v1.0.0.zip'))!.tier).toBe('storage');
  });

  it('reads a range of what is not here from the storage, and keeps nothing', async () => {
    const part = await t.tier.get(ZIP, { start: 10, end: 99_999 });
    expect((await readBody(part!.body)).equals(zip.subarray(10, 100_000))).toBe(true);
    expect([t.reads(), t.files(), t.unfinished()]).toEqual([['range 10-99999'], [], []]);
  });

  it('serves 50 readers by one read, one of them slow, one gone, some late', async () => {
    t.remote.holdAfter = 8 * CHUNK;
    const early = await Promise.all(Array.from({ length: 30 }, () => t.tier.get(ZIP)));
    const [slow, gone, ...quick] = early.map((found) => found!.body as Readable);
    await once(gone!, 'readable');
    gone!.destroy();
    const chunks = slow![Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const { value: first } = await chunks.next();
    const whole = quick.map((body) => readBody(body));
    const late = Promise.all(Array.from({ length: 20 }, () => t.load()));
    t.remote.release();
    for (const bytes of await Promise.all(whole)) expect(bytes.equals(zip)).toBe(true);
    for (const found of await late) expect(found!.bytes.equals(zip)).toBe(true);
    await t.settled();
    expect(t.reads()).toEqual(['get']);
    // All others have all of it, and the disk too; only now the slow one goes on.
    expect((await t.load())!.tier).toBe('disk');
    let rest: Buffer = first as Buffer;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      rest = Buffer.concat([rest, next.value]);
    }
    expect(rest.equals(zip)).toBe(true);
  });

  it('fills to the end when all readers have left', async () => {
    t.remote.holdAfter = 8 * CHUNK;
    const body = (await t.tier.get(ZIP))!.body as Readable;
    await once(body, 'readable');
    body.destroy();
    await once(body, 'close');
    t.remote.release();
    await t.settled();
    expect(await t.read()).toBe(said(zip, 'disk'));
  });

  it('asks anew for those who joined a read that found nothing', async () => {
    await t.remote.delete(ZIP);
    const early = t.tier.get(ZIP);
    const late = t.put(ZIP, zip).then(() => t.load());
    expect(await early).toBeNull();
    expect((await late)!.bytes.equals(zip)).toBe(true);
  });

  describe('when a fill breaks off', () => {
    it('goes on from the storage where each reader stands, and keeps nothing', async () => {
      t.remote.breakAfter = 8 * CHUNK;
      const found = await Promise.all([t.load(), t.load(), t.load()]);
      for (const one of found) expect(one!.bytes.equals(zip)).toBe(true);
      expect(t.reads()[0]).toBe('get');
      expect(t.reads().filter((call) => call === `range ${8 * CHUNK}-${SIZE - 1}`)).toHaveLength(3);
      await t.settled();
      expect(t.files()).toEqual([]);
      t.remote.breakAfter = Infinity;
      await t.fill();
      expect((await t.load())!.tier).toBe('disk');
    });

    it('breaks off its readers too when the storage is lost: none ends short as if it were whole', async () => {
      t.remote.holdAfter = 8 * CHUNK;
      const reading = t.read();
      await expect.poll(() => t.unfinished()).toHaveLength(1);
      t.remote.away = true;
      t.remote.breakAfter = 0;
      t.remote.release();
      await expect(reading).rejects.toThrow('away');
    });

    it('does not go on with other bytes', async () => {
      t.remote.holdAfter = 8 * CHUNK;
      const reading = t.read();
      await expect.poll(() => t.unfinished()).toHaveLength(1);
      await t.put(ZIP, randomBytes(SIZE));
      t.remote.breakAfter = 0;
      t.remote.release();
      await expect(reading).rejects.toThrow('replaced or removed');
    });
  });

  it('forgets what is removed, also while it is on its way', async () => {
    await t.fill();
    t.tier.forget(ZIP);
    expect(t.files()).toEqual([]);
    t.remote.holdAfter = 8 * CHUNK;
    const reading = t.load();
    await expect.poll(() => t.unfinished()).toHaveLength(1);
    const other = randomBytes(SIZE);
    await t.put(ZIP, other);
    t.tier.forget(ZIP);
    const late = t.load();
    t.remote.release();
    expect((await reading)!.bytes.equals(zip)).toBe(true);
    expect((await late)!.bytes.equals(other)).toBe(true);
    await t.settled();
    expect(await t.read()).toBe(said(other, 'disk'));
  });
});
