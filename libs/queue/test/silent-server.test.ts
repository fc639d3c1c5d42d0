import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import type { RedisLink } from '#libs/queue';
import { startRedis } from '../../../test/support/redis.js';
import { connectRedis } from '../src/connection.js';
import { Lookout } from '../src/lookout.js';

it('a command that is under way when Redis freezes fails, though Redis takes connections and never thaws', async () => {
  const redis = await startRedis();
  const connection = connectRedis({ kind: 'socket', path: redis.path, db: 0 }, 'command');
  connection.on('error', () => {});
  onTestFinished(async () => {
    connection.disconnect();
    await redis.close();
  });
  await once(connection, 'ready');
  redis.freeze();
  await expect(connection.ping()).rejects.toThrow();
});

it('a look at a job ends, though the client of Redis goes on trying', async () => {
  const link = { commands: { eval: () => new Promise(() => {}) } } as unknown as RedisLink;
  const lookout = new Lookout(link, { toKey: (id: string) => id } as ConstructorParameters<typeof Lookout>[1]);
  expect(await lookout.now('job')).toBe('away');
});
