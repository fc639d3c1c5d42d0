import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { patiently, RedisLink } from '#libs/queue';
import { startRedis } from '../../../test/support/redis.js';

it('a database that the server does not have is no database: nothing is written to another one', async () => {
  const redis = await startRedis(['--databases', '2']);
  const said: Record<string, unknown>[] = [];
  const log = pino({ base: null }, { write: (line) => void said.push(JSON.parse(line) as Record<string, unknown>) });
  const link = new RedisLink({ kind: 'socket', path: redis.path, db: 5 }, 'stoa', log);
  onTestFinished(async () => {
    link.close();
    await redis.close();
  });
  await expect(patiently(500, () => link.commands.set('stoa:x', 'y'))).rejects.toThrow('the job queue does not answer');
  expect(await redis.command('KEYS', '*')).toEqual([]);
  expect(said.map(({ msg, reason }) => [msg, reason])).toEqual([['Redis is away', 'ERR DB index is out of range']]);
});
