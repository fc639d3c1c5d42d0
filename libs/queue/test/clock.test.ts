import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisLink, redisTime, stamp } from '#libs/queue';
import { HOUR } from '../../../test/support/clock.js';
import { setRedisClock } from '../../../test/support/redis-clock.js';
import { startRedis, type TestRedis } from '../../../test/support/redis.js';

let redis: TestRedis;
const links: RedisLink[] = [];

/** The connections of one process. */
function connect(): RedisLink {
  const path = redis.url.replace('unix://', '');
  const link = new RedisLink({ kind: 'socket', path, db: 0 }, 'stoa', pino({ level: 'silent' }));
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
    const [before, now, after] = [await own(), await redisTime(links[0]!), await own()];
    expect(now).toBeGreaterThan(time);
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(after);
  });

  it('gives processes that stamp a thing at once the same time, and each thing its own', async () => {
    const pair = [connect(), connect()];
    // Both connect before, so that no stamp is over when the other one asks for it.
    await Promise.all(pair.map((link) => stamp(link, 'connected')));
    const stamps = await Promise.all(
      ['a@v1.0.0', 'b@v1.0.0'].map((thing) => Promise.all(pair.map((link) => stamp(link, thing)))),
    );
    expect(stamps.map((same) => new Set(same).size)).toEqual([1, 1]);
    expect(new Set(stamps.flat()).size).toBe(2);
  });

  it('forgets a stamp in time, so that no entry is written with an old one', async () => {
    const link = connect();
    const lives: number[] = [];
    const life = async (): Promise<number> => {
      await stamp(link, 'late');
      lives.push(Number(await redis.command('pttl', 'stoa:{clock}:late')));
      return lives.at(-1)!;
    };
    await expect.poll(life).toBeGreaterThan(0); // on a busy machine one may be over before it is seen
    expect(Math.max(...lives)).toBeLessThanOrEqual(2_000);
  });

  it('waits for a Redis that comes back', async () => {
    const link = connect();
    await stamp(link, 'before');
    await redis.stop();
    const pending = stamp(link, 'after');
    await redis.start();
    expect(await pending).toBeGreaterThan(0n);
  });

  it('never goes back behind a stamp: it goes at half its pace until Redis has come up to it', async () => {
    const link = connect();
    const ahead = BigInt(HOUR) * 1_000_000n;
    const first = await stamp(link, 'before it went back');
    await setRedisClock(redis, -HOUR); // so what was told lies an hour further ahead
    const from = [await own(), await stamp(link, 'after it'), await own()] as const;
    expect(from[1]).toBeGreaterThanOrEqual(first + ahead);
    await expect.poll(async () => (await own()) - from[2]).toBeGreaterThan(100_000_000n);
    const to = [await own(), await redisTime(link), await own()] as const;
    expect(2n * (to[1] - from[1])).toBeGreaterThanOrEqual(to[0] - from[2] - 2_000n);
    expect(2n * (to[1] - from[1])).toBeLessThanOrEqual(to[2] - from[0]);
    // One of before is not given again when its life is over, though Redis keeps it for another hour.
    await expect.poll(() => stamp(link, 'before it went back')).toBeGreaterThan(first + ahead);
  });

  it('goes on with Redis when that goes ahead', async () => {
    await setRedisClock(redis, 24 * HOUR); // so what was told is long over
    const link = connect();
    await stamp(link, 'connected'); // for which it has more time than for the time alone
    const [before, time, after] = [await own(), await redisTime(link), await own()];
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(after);
  });
});

/** Redis' own clock, in nanoseconds. */
async function own(): Promise<bigint> {
  const [seconds, micros] = (await redis.command('time')) as [string, string];
  return BigInt(seconds) * 1_000_000_000n + BigInt(micros) * 1000n;
}
