import { pino } from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import { loadConfig } from '#libs/config';
import { startRedis } from '../../../test/support/redis.js';
import { reachGateways } from '../src/import/gateways.js';

it('an import goes on by itself, and says so once, when its Redis goes away for good', async () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => said.mockRestore());
  const redis = await startRedis();
  const { config } = loadConfig('worker', { STOA_REDIS_URL: redis.url, GOPROXY: 'off', GOSUMDB: 'off' });
  const gateways = reachGateways(config, pino({ level: 'silent' }));
  onTestFinished(() => gateways.close());
  const stamp = (version: string): Promise<bigint> => gateways.stamp({ module: 'example.com/m', version });
  const first = await stamp('v1.0.0');
  expect(said).not.toHaveBeenCalled();
  await redis.close();
  const [second, third] = await Promise.all([
    stamp('v1.1.0'),
    stamp('v1.2.0'),
    gateways.refreshed('example.com/m/@v/list'),
    gateways.purged(['example.com/m/@v/v1.0.0.zip']),
  ]);
  expect(second).toBeGreaterThan(first);
  expect(third).toBeGreaterThan(first);
  expect(await stamp('v1.3.0')).toBeGreaterThan(first);
  expect(said.mock.calls).toEqual([[expect.stringMatching(/^stoa: Redis does not answer: .*STOA_LIST_TTL\n$/)]]);
});
