import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '#libs/config';
import { RedisLink } from '#libs/queue';
import { freePort } from '../../../test/support/free-port.js';
import { startRedis } from '../../../test/support/redis.js';

function linkTo(url: string): RedisLink {
  const link = new RedisLink(
    loadConfig('api', { STOA_REDIS_URL: url }).config.redis,
    'link',
    pino({ level: 'silent' }),
  );
  onTestFinished(() => link.close());
  return link;
}

it('finds a Redis that answers, though the process itself is busy for a second', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.close());
  const answers = linkTo(redis.url).answers();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  expect(await answers).toBe(true);
});

it('says at once that there is no Redis', async () => {
  expect(await linkTo(`redis://127.0.0.1:${await freePort()}`).answers()).toBe(false);
});
