import { describe, expect, it } from 'vitest';
import { loadConfig, type Environment } from '#libs/config';

const redisOf = (env: Environment) => loadConfig('api', env).config.redis;

describe('one Redis server', () => {
  it('may get user, password and database from settings of their own', () => {
    const env = {
      STOA_REDIS_URL: 'rediss://cache:6380',
      STOA_REDIS_USERNAME: 'stoa',
      STOA_REDIS_PASSWORD: 'p@ss',
      STOA_REDIS_DB: '2',
    };
    expect(redisOf(env)).toEqual({
      kind: 'server',
      host: 'cache',
      port: 6380,
      tls: true,
      db: 2,
      username: 'stoa',
      password: 'p@ss',
    });
  });

  it('may be named by the URL and unlocked by a password from elsewhere', () => {
    expect(redisOf({ STOA_REDIS_URL: 'redis://stoa@cache/1', STOA_REDIS_PASSWORD: 'x' })).toMatchObject({
      username: 'stoa',
      password: 'x',
      db: 1,
    });
  });

  it('may be a unix socket', () => {
    expect(redisOf({ STOA_REDIS_URL: 'unix://:x@/run/r.sock?db=1' })).toEqual({
      kind: 'socket',
      path: '/run/r.sock',
      db: 1,
      password: 'x',
    });
  });
});

describe('Redis behind Sentinels', () => {
  const env = { STOA_REDIS_SENTINELS: 'rediss://s1:26380,s2', STOA_REDIS_SENTINEL_MASTER: 'mymaster' };

  it('is a master, its sentinels, and credentials for either', () => {
    const credentials = {
      STOA_REDIS_SENTINEL_USERNAME: 'su',
      STOA_REDIS_SENTINEL_PASSWORD: 'sp',
      STOA_REDIS_USERNAME: 'u',
      STOA_REDIS_PASSWORD: 'p',
    };
    expect(redisOf({ ...env, ...credentials, STOA_REDIS_DB: '3' })).toEqual({
      kind: 'sentinel',
      sentinels: [
        { host: 's1', port: 26_380 },
        { host: 's2', port: 26_379 },
      ],
      tls: true,
      master: 'mymaster',
      sentinel: { username: 'su', password: 'sp' },
      db: 3,
      username: 'u',
      password: 'p',
    });
  });

  it('is waited for through a failover', () => {
    expect(loadConfig('api', env).config.queuePatience).toBe(15_000);
    expect(loadConfig('api', { ...env, STOA_QUEUE_PATIENCE: '2s' }).config.queuePatience).toBe(2000);
  });
});

describe('a Redis Cluster', () => {
  const env = { STOA_REDIS_CLUSTER: 'c1,c2:7000' };

  it('is its nodes', () => {
    expect(redisOf({ ...env, STOA_REDIS_PASSWORD: 'p', STOA_REDIS_DB: '0' })).toEqual({
      kind: 'cluster',
      nodes: [
        { host: 'c1', port: 6379 },
        { host: 'c2', port: 7000 },
      ],
      tls: false,
      password: 'p',
    });
  });

  it('is waited for through a failover', () => {
    expect(loadConfig('api', env).config.queuePatience).toBe(15_000);
  });
});

describe('settings of Redis that contradict or need each other', () => {
  it.each([
    [{ STOA_REDIS_SENTINELS: 'a' }, 'STOA_REDIS_SENTINELS: needs STOA_REDIS_SENTINEL_MASTER, the name of the master'],
    [{ STOA_REDIS_SENTINEL_MASTER: 'm' }, 'STOA_REDIS_SENTINEL_MASTER: is of no use without STOA_REDIS_SENTINELS'],
    [{ STOA_REDIS_SENTINEL_PASSWORD: 'p' }, 'STOA_REDIS_SENTINEL_PASSWORD: is of no use without STOA_REDIS_SENTINELS'],
    [
      { STOA_REDIS_SENTINELS: 'a', STOA_REDIS_SENTINEL_MASTER: 'm', STOA_REDIS_SENTINEL_USERNAME: 'u' },
      'STOA_REDIS_SENTINEL_USERNAME: needs STOA_REDIS_SENTINEL_PASSWORD',
    ],
    [
      { STOA_REDIS_URL: 'redis://a', STOA_REDIS_CLUSTER: 'a' },
      'STOA_REDIS_URL, STOA_REDIS_CLUSTER: only one of them can be set',
    ],
    [
      { STOA_REDIS_CLUSTER: 'a', STOA_REDIS_SENTINELS: 'a', STOA_REDIS_SENTINEL_MASTER: 'm' },
      'STOA_REDIS_SENTINELS, STOA_REDIS_CLUSTER: only one of them can be set',
    ],
    [{ STOA_REDIS_CLUSTER: 'a', STOA_REDIS_DB: '1' }, 'STOA_REDIS_DB: a Redis Cluster has database 0 only'],
    [
      { STOA_REDIS_URL: 'redis://:p@a', STOA_REDIS_PASSWORD: 'p' },
      'STOA_REDIS_PASSWORD: STOA_REDIS_URL says it too; say it once',
    ],
    [
      { STOA_REDIS_URL: 'redis://u:p@a', STOA_REDIS_USERNAME: 'u' },
      'STOA_REDIS_USERNAME: STOA_REDIS_URL says it too; say it once',
    ],
    [{ STOA_REDIS_URL: 'redis://a/1', STOA_REDIS_DB: '2' }, 'STOA_REDIS_DB: STOA_REDIS_URL says it too; say it once'],
    [{ STOA_REDIS_URL: 'redis://u@a' }, 'STOA_REDIS_URL: names a user, but there is no password'],
    [{ STOA_REDIS_USERNAME: 'u' }, 'STOA_REDIS_USERNAME: names a user, but there is no password'],
  ])('stop the start: %j', (env, fault) => {
    let message = '';
    try {
      loadConfig('api', env);
    } catch (error) {
      message = String(error);
    }
    expect(message).toBe(`ConfigError: ${fault}`);
  });
});
