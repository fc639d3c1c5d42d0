import { describe, expect, it } from 'vitest';
import { ConfigError } from '#libs/config';
import { planStandalone } from '../src/standalone-plan.js';

const GO = { GOPROXY: 'off', GOSUMDB: 'off' };

describe('the plan of a standalone', () => {
  it('takes the defaults of both apps', () => {
    expect(planStandalone(GO, {}).listeners.map(({ address }) => address)).toEqual([
      { host: '127.0.0.1', port: 3000 },
      { host: '127.0.0.1', port: 3001 },
      { host: '127.0.0.1', port: 3002 },
    ]);
  });

  it.each([
    ['127.0.0.1:9000', '127.0.0.1:9001'],
    ['[::1]:9000', '[::1]:9001'],
    [':9000', '0.0.0.0:9001'],
    ['127.0.0.1:0', '127.0.0.1:0'],
    ['unix:/run/stoa/ops', 'unix:/run/stoa/ops.worker'],
  ])('gives the worker an operators address beside that of the gateway: %s', (given, next) => {
    const plan = planStandalone({ ...GO, STOA_OPS_LISTEN: given }, {});
    expect(plan.gatewayEnv['STOA_OPS_LISTEN']).toBe(given);
    expect(plan.workerEnv['STOA_OPS_LISTEN']).toBe(next);
  });

  it('has a Redis of its own only where the user named none', () => {
    expect(planStandalone(GO, {}).privateRedis).toBe(true);
    expect(planStandalone({ ...GO, STOA_REDIS_URL: 'redis://elsewhere' }, {}).privateRedis).toBe(false);
    expect(planStandalone({ ...GO, STOA_REDIS_CLUSTER: 'a:1,b:2' }, {}).privateRedis).toBe(false);
  });

  it('passes on the faults of the settings', () => {
    expect(() => planStandalone({ ...GO, STOA_LISTEN: 'everywhere' }, {})).toThrow(ConfigError);
  });
});
