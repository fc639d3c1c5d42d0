import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '#libs/config';
import { Changes, RedisLink, type Change } from '#libs/queue';
import { startRedis } from '../../../test/support/redis.js';

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

it('a message that can not be read counts as missed news, and those after it are heard', async () => {
  const redis = await startRedis();
  const link = linkTo(redis.url);
  onTestFinished(async () => {
    link.close();
    await redis.close();
  });
  const changes = new Changes(link, log);
  const heard: (Change | 'missed')[] = [];
  const subscribed = Promise.withResolvers<void>();
  changes.subscribe(
    (change) => heard.push(change),
    () => {
      heard.push('missed');
      subscribed.resolve();
    },
  );
  await subscribed.promise;
  heard.length = 0;

  const strange = ['no JSON', 'null', '[]', '{"reason":"deleted"}', '{"reason":"deleted","keys":[1]}'];
  for (const text of strange) await redis.command('publish', 'changes:changed', text);
  const change: Change = { reason: 'deleted', keys: ['example.com/m/@v/v1.0.0.mod'] };
  await changes.publish(change);
  await expect.poll(() => heard).toEqual([...strange.map(() => 'missed'), change]);
});
