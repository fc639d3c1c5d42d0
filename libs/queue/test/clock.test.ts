import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisLink, redisTime, stamp } from '#libs/queue';
import { startRedis, type TestRedis } from '../../../test/support/redis.js';

let redis: TestRedis;
const links: RedisLink[] = [];

/** The connections of one process. */
function connect(): RedisLink {
  const path = redis.url.replace('unix://', '');
  const link = new RedisLink({ kind: 'socket', path, db: 0 }, 'test', pino({ level: 'silent' }));
  links.push(link);
  return link;
}

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  for (const link of links) link.close();
  await redis.close();
});

describe('the shared clock', () => {
  it('tells nanoseconds by Redis', async () => {
    const time = await stamp(connect(), 'first');
    const now = await redisTime(links[0]!);
    expect(now).toBeGreaterThan(time);
    const [seconds] = (await redis.command('time')) as [string];
    expect([Number(seconds), Number(seconds) - 1]).toContain(Number(now / 1_000_000_000n));
  });

  it('gives processes that stamp a thing at once the same time, and each thing its own', async () => {
    const pair = [connect(), connect()];
    const stamps = await Promise.all(
      ['a@v1.0.0', 'b@v1.0.0'].map((thing) => Promise.all(pair.map((link) => stamp(link, thing)))),
    );
    expect(stamps.map((same) => new Set(same).size)).toEqual([1, 1]);
    expect(new Set(stamps.flat()).size).toBe(2);
  });

  it('forgets a stamp in time, so that no entry is written with an old one', async () => {
    await stamp(connect(), 'late');
    const left = Number(await redis.command('pttl', 'test:stamp:late'));
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(2_000);
  });

  it('waits for a Redis that comes back', async () => {
    const link = connect();
    await stamp(link, 'before');
    await redis.stop();
    const pending = stamp(link, 'after');
    await redis.start();
    expect(await pending).toBeGreaterThan(0n);
  });
});
