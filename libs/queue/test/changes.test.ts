import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { Changes, RedisLink, type Change } from '#libs/queue';
import { startRedis } from '../../../test/support/redis.js';

it('a message that can not be read counts as missed news, and those after it are heard', async () => {
  const redis = await startRedis();
  const log = pino({ level: 'silent' });
  const link = new RedisLink({ kind: 'socket', path: redis.path, db: 0 }, 'stoa', log);
  onTestFinished(async () => {
    link.close();
    await redis.close();
  });
  const changes = new Changes(link, log);
  const heard: (Change | 'missed')[] = [];
  changes.subscribe(
    (change) => heard.push(change),
    () => heard.push('missed'),
  );
  const listeners = () => redis.command('pubsub', 'numsub', 'stoa:changed');
  await expect.poll(listeners).toEqual(['stoa:changed', 1]);
  heard.length = 0;

  const strange = ['no JSON', 'null', '[]', '{"reason":"deleted"}', '{"reason":"deleted","keys":[1]}'];
  for (const text of strange) await redis.command('publish', 'stoa:changed', text);
  const change: Change = { reason: 'deleted', keys: ['example.com/m/@v/v1.0.0.mod'] };
  await changes.publish(change);
  await expect.poll(() => heard).toEqual([...strange.map(() => 'missed'), change]);
});
