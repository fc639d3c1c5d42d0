import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Metrics } from '#libs/observability';
import { DiskTier, MemoryObjectStore, readBody, type ByteRange, type ObjectBody, type ObjectStat } from '#libs/storage';
import { canMount, mountSmallDisk } from '../../../test/support/small-disk.js';

const CHUNK = 64 * 1024;
const SIZE = 20 * CHUNK;
const ZIP = 'example.com/a/@v/v1.0.0.zip';

/** A storage far away: bodies are streams, which can be held back or broken off, and each call is written down. */
class Remote extends MemoryObjectStore {
  readonly calls: string[] = [];
  /** Bytes after which a whole read waits for `release`, or fails. */
  holdAfter = Infinity;
  breakAfter = Infinity;
  away = false;
  private gate = Promise.withResolvers<void>();

  release(): void {
    this.holdAfter = Infinity;
    this.gate.resolve();
    this.gate = Promise.withResolvers();
  }

  override async stat(key: string): Promise<ObjectStat | null> {
    this.calls.push('stat');
    if (this.away) throw new Error('away');
    return super.stat(key);
  }

  override async get(key: string, range?: ByteRange): Promise<ObjectBody | null> {
    this.calls.push(range ? `range ${range.start}-${range.end}` : 'get');
    if (this.away) throw new Error('away');
    const found = await super.get(key, range);
    if (!found || !Buffer.isBuffer(found.body) || found.body.length <= CHUNK) return found;
    const body = Readable.from(this.chunks(found.body, range !== undefined), { objectMode: false });
    return { ...found, body };
  }

  /** It outlives the tiers over it. */
  override async close(): Promise<void> {}

  private async *chunks(bytes: Buffer, part: boolean): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += CHUNK) {
      if (!part && at >= this.breakAfter) throw new Error('broken off');
      if (!part && at >= this.holdAfter) await this.gate.promise;
      yield bytes.subarray(at, at + CHUNK);
    }
  }
}

describe('DiskTier', () => {
  const zip = randomBytes(SIZE);
  let root: string;
  let remote: Remote;
  let tier: DiskTier;
  let warnings: string[];
  let metrics: Metrics;

  const openTier = async (options: { maxBytes?: number; folder?: string; origin?: string } = {}): Promise<DiskTier> => {
    const opened = new DiskTier(remote, {
      folder: options.folder ?? join(root, 'cache'),
      maxBytes: options.maxBytes ?? 64 * SIZE,
      origin: options.origin ?? 'one',
      keepsFrom: 1024 * 1024 + 1,
      metrics,
      log: { warn: (_: unknown, message?: string) => warnings.push(message ?? '') },
    });
    await opened.open();
    return opened;
  };
  const put = (key: string, bytes: Buffer): Promise<boolean> =>
    remote.put(key, bytes, { size: bytes.length, mode: 'replace' });
  const read = async (key = ZIP, from = tier): Promise<{ bytes: Buffer; tier: string } | null> => {
    const found = await from.get(key);
    return found && { bytes: await readBody(found.body), tier: found.tier };
  };
  const files = (folder = join(root, 'cache')): string[] =>
    readdirSync(folder)
      .filter((name) => name !== '.tmp')
      .map((name) => join(folder, name));
  const unfinished = (): string[] => readdirSync(join(root, 'cache', '.tmp'));
  /** Whatever a fill still does after its last reader has gone. */
  const settled = (): Promise<void> => expect.poll(unfinished).toEqual([]) as unknown as Promise<void>;
  const fill = async (key = ZIP): Promise<void> => {
    await read(key);
    await settled();
  };
  const reads = (): string[] => remote.calls.filter((call) => call !== 'stat');

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'stoa-disk-tier-'));
    remote = new Remote();
    metrics = new Metrics();
    warnings = [];
    tier = await openTier();
    await put(ZIP, zip);
  });
  afterEach(async () => {
    remote.release();
    await tier.close();
    await rm(root, { recursive: true });
  });

  it('reads a zip once from the storage, then gives it from the disk, whole and in parts', async () => {
    expect(await read()).toEqual({ bytes: zip, tier: 'storage' });
    await settled();
    expect(await read()).toEqual({ bytes: zip, tier: 'disk' });
    for (const [start, end] of [
      [0, 0],
      [70_000, 200_000],
      [0, SIZE - 1],
    ] as const) {
      const part = await tier.get(ZIP, { start, end });
      expect([part!.tier, (await readBody(part!.body)).equals(zip.subarray(start, end + 1))]).toEqual(['disk', true]);
    }
    await expect(tier.get(ZIP, { start: 0, end: SIZE })).rejects.toThrow(RangeError);
    expect(await tier.stat(ZIP)).toEqual(await remote.stat(ZIP));
    expect(reads()).toEqual(['get']);
    expect(warnings).toEqual([]);
  });

  it('keeps zips of any size and what else is large, neither small files nor last answers nor absence', async () => {
    const large = randomBytes(1024 * 1024 + 1);
    await put('example.com/a/@v/v1.0.0.mod', large);
    await put('example.com/b/@v/v1.0.0.zip', Buffer.from('small'));
    await put('example.com/a/@v/v1.0.0.info', Buffer.alloc(CHUNK * 2));
    await put('example.com/a/@v/list', large);
    const tiers: (string | undefined)[] = [];
    for (const key of ['a/@v/v1.0.0.mod', 'b/@v/v1.0.0.zip', 'a/@v/v1.0.0.info', 'a/@v/list', 'c/@v/v1.0.0.zip']) {
      await fill(`example.com/${key}`);
      tiers.push((await read(`example.com/${key}`))?.tier);
    }
    expect(tiers).toEqual(['disk', 'disk', 'storage', 'storage', undefined]);
    await put('example.com/c/@v/v1.0.0.zip', zip);
    expect((await read('example.com/c/@v/v1.0.0.zip'))!.tier).toBe('storage');
  });

  it('reads a range of what is not here from the storage, and keeps nothing', async () => {
    const part = await tier.get(ZIP, { start: 10, end: 99_999 });
    expect((await readBody(part!.body)).equals(zip.subarray(10, 100_000))).toBe(true);
    expect([reads(), files(), unfinished()]).toEqual([['range 10-99999'], [], []]);
  });

  it('serves 50 readers by one read, one of them slow, one gone, some late', async () => {
    remote.holdAfter = 8 * CHUNK;
    const early = await Promise.all(Array.from({ length: 30 }, () => tier.get(ZIP)));
    const [slow, gone, ...quick] = early.map((found) => found!.body as Readable);
    await once(gone!, 'readable');
    gone!.destroy();
    const chunks = slow![Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const { value: first } = await chunks.next();
    const whole = quick.map((body) => readBody(body));
    const late = Promise.all(Array.from({ length: 20 }, () => read()));
    remote.release();
    for (const bytes of await Promise.all(whole)) expect(bytes.equals(zip)).toBe(true);
    for (const found of await late) expect(found!.bytes.equals(zip)).toBe(true);
    await settled();
    expect(reads()).toEqual(['get']);
    // All others have all of it, and the disk too; only now the slow one goes on.
    expect((await read())!.tier).toBe('disk');
    let rest: Buffer = first as Buffer;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      rest = Buffer.concat([rest, next.value]);
    }
    expect(rest.equals(zip)).toBe(true);
  });

  it('fills to the end when all readers have left', async () => {
    remote.holdAfter = 8 * CHUNK;
    const body = (await tier.get(ZIP))!.body as Readable;
    await once(body, 'readable');
    body.destroy();
    await once(body, 'close');
    remote.release();
    await settled();
    expect(await read()).toEqual({ bytes: zip, tier: 'disk' });
  });

  it('asks anew for those who joined a read that found nothing', async () => {
    await remote.delete(ZIP);
    const early = tier.get(ZIP);
    const late = put(ZIP, zip).then(() => read());
    expect(await early).toBeNull();
    expect((await late)!.bytes.equals(zip)).toBe(true);
  });

  describe('when a fill breaks off', () => {
    it('goes on from the storage where each reader stands, and keeps nothing', async () => {
      remote.breakAfter = 8 * CHUNK;
      const found = await Promise.all([read(), read(), read()]);
      for (const one of found) expect(one!.bytes.equals(zip)).toBe(true);
      expect(reads()[0]).toBe('get');
      expect(reads().filter((call) => call === `range ${8 * CHUNK}-${SIZE - 1}`)).toHaveLength(3);
      await settled();
      expect(files()).toEqual([]);
      remote.breakAfter = Infinity;
      await fill();
      expect((await read())!.tier).toBe('disk');
    });

    it('breaks off its readers too when the storage is lost: none ends short as if it were whole', async () => {
      remote.holdAfter = 8 * CHUNK;
      const reading = read();
      await expect.poll(unfinished).toHaveLength(1);
      remote.away = true;
      remote.breakAfter = 0;
      remote.release();
      await expect(reading).rejects.toThrow('away');
    });

    it('does not go on with other bytes', async () => {
      remote.holdAfter = 8 * CHUNK;
      const reading = read();
      await expect.poll(unfinished).toHaveLength(1);
      await put(ZIP, randomBytes(SIZE));
      remote.breakAfter = 0;
      remote.release();
      await expect(reading).rejects.toThrow('replaced or removed');
    });
  });

  describe('over a restart', () => {
    const restart = async (): Promise<void> => {
      await tier.close();
      remote.calls.length = 0;
      tier = await openTier();
    };

    it('keeps what it has, and asks the storage once whether it has it still', async () => {
      const stat = await remote.stat(ZIP);
      await fill();
      await restart();
      const found = await Promise.all([read(), read(), read()]);
      expect(found).toEqual(Array(3).fill({ bytes: zip, tier: 'disk' }));
      expect(await tier.stat(ZIP)).toEqual(stat);
      expect(remote.calls).toEqual(['stat']);
    });

    it('serves what it has while the storage is away', async () => {
      await fill();
      await restart();
      remote.away = true;
      expect(await read()).toEqual({ bytes: zip, tier: 'disk' });
    });

    it.each(['removed', 'replaced'])('forgets what was %s meanwhile', async (change) => {
      await fill();
      await tier.close();
      const other = randomBytes(SIZE);
      if (change === 'removed') await remote.delete(ZIP);
      else await put(ZIP, other);
      tier = await openTier();
      expect(await read()).toEqual(change === 'removed' ? null : { bytes: other, tier: 'storage' });
    });

    it('forgets what was removed while news were missed', async () => {
      await fill();
      await remote.delete(ZIP);
      expect((await read())!.tier).toBe('disk');
      tier.recheck();
      expect(await read()).toBeNull();
      expect(files()).toEqual([]);
    });

    it('does not find what was kept of another storage', async () => {
      await fill();
      const other = await openTier({ origin: 'other' });
      expect((await read(ZIP, other))!.tier).toBe('storage');
      expect(await read()).toEqual({ bytes: zip, tier: 'disk' });
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
      await fill();
      await tier.close();
      damage(files()[0]!);
      tier = await openTier();
      expect(await read()).toEqual({ bytes: zip, tier: 'storage' });
      await settled();
      expect(await read()).toEqual({ bytes: zip, tier: 'disk' });
      expect(warnings).toEqual(['a file of the disk cache is damaged']);
    });

    it.each(['a lost half', 'more at its end'])('does not serve a file that is damaged in use: %s', async (name) => {
      await fill();
      expect((await read())!.tier).toBe('disk');
      damages[name]!(files()[0]!);
      expect(await read()).toEqual({ bytes: zip, tier: 'storage' });
    });

    it('goes on from the storage where a file ends while it is read', async () => {
      await fill();
      const { body, tier: from } = (await tier.get(ZIP))!;
      truncateSync(files()[0]!, SIZE / 2);
      expect([from, (await readBody(body)).equals(zip)]).toEqual(['disk', true]);
      expect(reads()).toEqual(['get', `range ${SIZE / 2}-${SIZE - 1}`]);
    });

    it('removes what a crash left, once nobody can be writing it, and counts it until then', async () => {
      const folder = join(root, 'cache', '.tmp');
      writeFileSync(join(folder, 'old'), zip);
      writeFileSync(join(folder, 'young'), zip);
      const before = new Date(Date.now() - 6 * 60 * 1000);
      utimesSync(join(folder, 'old'), before, before);
      await restart();
      expect(unfinished()).toEqual(['young']);
      const { values } = await metrics.cacheBytes.get();
      expect(values[0]!.value).toBeGreaterThan(SIZE);
      rmSync(join(folder, 'young'));
    });
  });

  describe('when it is full', () => {
    const keys = ['a', 'b', 'c', 'd'].map((name) => `example.com/${name}/@v/v1.0.0.zip`);
    const kept = async (): Promise<boolean[]> => {
      remote.away = true;
      const found = await Promise.all(keys.map((key) => tier.get(key).catch(() => null)));
      remote.away = false;
      for (const one of found) (one?.body as Readable | undefined)?.destroy();
      return found.map((one) => one !== null);
    };

    beforeEach(async () => {
      await tier.close();
      tier = await openTier({ maxBytes: 3.5 * SIZE });
      for (const key of keys) await put(key, randomBytes(SIZE));
      for (const key of keys.slice(0, 3)) await fill(key);
    });

    it('drops the least recently used', async () => {
      await read(keys[0]);
      await fill(keys[3]);
      expect(await kept()).toEqual([true, false, true, true]);
      expect((await metrics.cacheEvictions.get()).values[0]!.value).toBe(1);
      expect((await metrics.cacheBytes.get()).values[0]!.value).toBeLessThan(3.5 * SIZE);
    });

    it('knows over a restart who was used when', async () => {
      await read(keys[0]);
      await tier.close();
      tier = await openTier({ maxBytes: 3.5 * SIZE });
      await fill(keys[3]);
      expect(await kept()).toEqual([true, false, true, true]);
    });

    it('shrinks at a start with a smaller bound', async () => {
      await tier.close();
      tier = await openTier({ maxBytes: 2.5 * SIZE });
      expect(await kept()).toEqual([false, true, true, false]);
    });

    it('gives a reader all of what is dropped while it is read', async () => {
      const expected = await readBody((await remote.get(keys[0]!))!.body);
      const { body } = (await tier.get(keys[0]!))!;
      await read(keys[1]);
      await read(keys[2]);
      await fill(keys[3]);
      expect(await kept()).toEqual([false, true, true, true]);
      expect((await readBody(body)).equals(expected)).toBe(true);
    });

    it('does not keep what is more than half of it, and drops nothing for it', async () => {
      const large = 'example.com/large/@v/v1.0.0.zip';
      await put(large, randomBytes(2 * SIZE));
      for (let n = 0; n < 2; n++) {
        const found = await read(large);
        expect([found!.bytes.length, found!.tier]).toEqual([2 * SIZE, 'storage']);
      }
      expect(await kept()).toEqual([true, true, true, false]);
    });
  });

  it('forgets what is removed, also while it is on its way', async () => {
    await fill();
    tier.forget(ZIP);
    expect(files()).toEqual([]);
    remote.holdAfter = 8 * CHUNK;
    const reading = read();
    await expect.poll(unfinished).toHaveLength(1);
    const other = randomBytes(SIZE);
    await put(ZIP, other);
    tier.forget(ZIP);
    const late = read();
    remote.release();
    expect((await reading)!.bytes.equals(zip)).toBe(true);
    expect((await late)!.bytes.equals(other)).toBe(true);
    await settled();
    expect(await read()).toEqual({ bytes: other, tier: 'disk' });
  });

  it('shares its folder with another process', async () => {
    const other = await openTier({ maxBytes: 3.5 * SIZE });
    await Promise.all([read(), read(ZIP, other)]);
    await settled();
    expect(files()).toHaveLength(1);
    expect([await read(), await read(ZIP, other)]).toEqual(Array(2).fill({ bytes: zip, tier: 'disk' }));
    for (const name of ['a', 'b', 'c', 'd']) {
      const key = `example.com/${name}/@v/v1.0.0.zip`;
      await put(key, randomBytes(SIZE));
      await read(key, other);
      await settled();
    }
    // The other has dropped it.
    expect((await read())!.tier).toBe('storage');
    await other.close();
  });

  describe('on a disk that fails', () => {
    it.each(['is no folder', 'is removed'])('answers from the storage when its folder %s', async (fault) => {
      await fill();
      rmSync(join(root, 'cache'), { recursive: true });
      if (fault === 'is no folder') writeFileSync(join(root, 'cache'), '');
      expect(await read()).toEqual({ bytes: zip, tier: 'storage' });
      expect(await read()).toEqual({ bytes: zip, tier: expect.any(String) as string });
      if (fault === 'is no folder') {
        rmSync(join(root, 'cache'));
        mkdirSync(join(root, 'cache', '.tmp'), { recursive: true });
      }
      await fill();
      expect((await read())!.tier).toBe('disk');
    });

    it('opens on a folder that can not be made', async () => {
      writeFileSync(join(root, 'file'), '');
      const broken = await openTier({ folder: join(root, 'file', 'below') });
      expect(await read(ZIP, broken)).toEqual({ bytes: zip, tier: 'storage' });
      expect(warnings.length).toBeGreaterThan(0);
    });

    it.runIf(canMount)('answers from the storage when the disk gets full in the middle', async () => {
      const disk = await mountSmallDisk(4 * SIZE);
      const small = await openTier({ folder: join(disk.folder, 'cache') });
      remote.holdAfter = 8 * CHUNK;
      const reading = Promise.all([read(ZIP, small), read(ZIP, small)]);
      await expect.poll(() => readdirSync(join(disk.folder, 'cache', '.tmp'))).toHaveLength(1);
      expect(() => writeFileSync(join(disk.folder, 'other'), randomBytes(4 * SIZE))).toThrow('ENOSPC');
      remote.release();
      for (const found of await reading) expect(found!.bytes.equals(zip)).toBe(true);
      // No room at all: not even begun.
      expect((await read(ZIP, small))!.bytes.equals(zip)).toBe(true);
      rmSync(join(disk.folder, 'other'));
      await read(ZIP, small);
      await expect.poll(async () => (await read(ZIP, small))!.tier).toBe('disk');
      await small.close();
      await disk.close();
    });
  });
});
