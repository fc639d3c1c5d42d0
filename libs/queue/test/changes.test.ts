import { pino } from 'pino';
import { expect, it } from 'vitest';
import { loadConfig } from '#libs/config';
import { startRedis } from '../../../test/support/redis.js';
import { Changes, type Change } from '../src/changes.js';
import { RedisLink } from '../src/redis-link.js';

const log = pino({ level: 'silent' });
const linkTo = (url: string): RedisLink =>
  new RedisLink(loadConfig('api', { STOA_REDIS_URL: url }).config.redis, 'changes', log);

it('a gateway hears of changes once its password is the one that Redis wants', async () => {
  const redis = await startRedis([], 'old');
  const [early, teller] = [linkTo(redis.url.replace(':old@', ':new@')), linkTo(redis.url)];
  const refused = new Promise((resolve) => early.subscriber.once('error', resolve));
  const heard = Promise.withResolvers<Change>();
  const subscribed = Promise.withResolvers<void>();
  new Changes(early, log).subscribe(heard.resolve, subscribed.resolve);
  expect(String(await refused)).toContain('WRONGPASS');
  const change = { reason: 'deleted', keys: ['example.com/m/@v/list'] } as const;
  const tell = new Changes(teller, log);
  await redis.command('config', 'set', 'requirepass', 'new');
  await subscribed.promise;
  await tell.publish(change);
  expect(await heard.promise).toEqual(change);
  for (const link of [early, teller]) link.close();
  await redis.close();
});
