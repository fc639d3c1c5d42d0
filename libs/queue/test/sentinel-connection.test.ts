import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '#libs/config';
import { startSentinelRedis } from '../../../test/support/redis-sentinel.js';
import { connectRedis } from '../src/connection.js';

it('a Sentinel that takes connections and says nothing keeps nobody from asking the next', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => void silent.close());
  const redis = await startSentinelRedis();
  onTestFinished(() => redis.close());
  const sentinels = `127.0.0.1:${(silent.address() as AddressInfo).port},${redis.env['STOA_REDIS_SENTINELS']}`;
  const asked = once(silent, 'connection');
  const connection = connectRedis(
    loadConfig('api', { ...redis.env, STOA_REDIS_SENTINELS: sentinels }).config.redis,
    'command',
  );
  connection.on('error', () => {});
  onTestFinished(() => connection.disconnect());
  await asked;
  await once(connection, 'ready');
  expect(await connection.ping()).toBe('PONG');
});
