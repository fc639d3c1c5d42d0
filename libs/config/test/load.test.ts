import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environment, loadConfig } from '#libs/config';
import { load } from './loading.js';

describe('settings', () => {
  it('have defaults that make a whole configuration', () => {
    const { config, warnings } = load({ PATH: '/usr/bin' });
    expect(warnings).toEqual([]);
    expect(config).toEqual({
      listen: { host: '127.0.0.1', port: 3000 },
      opsListen: { host: '127.0.0.1', port: 3002 },
      basePath: '',
      dataDir: resolve('.stoa'),
      logLevel: 'info',
      logFormat: 'json',
      shutdownGrace: 30_000,
      storage: { kind: 'fs', root: resolve('.stoa/storage') },
      memoryCache: 64 * 1024 * 1024,
      diskCache: 0,
      redis: { kind: 'server', host: '127.0.0.1', port: 6379, db: 0, tls: false },
      queuePrefix: 'stoa',
      queuePatience: 1000,
      downloadConcurrency: 32,
      queryConcurrency: 32,
      goConcurrency: 6,
      waitTimeout: 300_000,
      fetchTimeout: 600_000,
      queryTimeout: 60_000,
      maxWaiting: 10_000,
      go: {
        binary: 'go',
        GOPROXY: 'https://proxy.example,direct',
        GONOPROXY: '',
        GOPRIVATE: '',
        GOSUMDB: 'off',
        GONOSUMDB: '',
        GOINSECURE: '',
        GOVCS: '',
        GOAUTH: '',
        extra: {},
        inherited: { PATH: '/usr/bin' },
      },
      vcs: {},
      vcsCache: 5 * 1024 ** 3,
      listTtl: 60_000,
      refreshWait: 3000,
      notFoundTtl: 60_000,
      offline: false,
      sumdbs: [],
      allowPrivateAddresses: [],
      verifyAgainst: null,
    });
  });

  it.each([
    ['api', 3001],
    ['start', 3001],
    ['worker', 3002],
  ] as const)('put the operators of %s on port %d', (process, port) => {
    expect(load({}, process).config.opsListen).toEqual({ host: '127.0.0.1', port });
  });

  it('log for people on a terminal', () => {
    expect(loadConfig('api', {}, {}, { cpus: 1, terminal: true }).config.logFormat).toBe('pretty');
  });

  it('keep the storage in the data folder, wherever that is', () => {
    expect(load({ STOA_DATA_DIR: '/var/lib/stoa' }).config.storage).toEqual({
      kind: 'fs',
      root: '/var/lib/stoa/storage',
    });
  });

  it('find a go command by its name or from the working folder', () => {
    expect(load({ STOA_GO_BINARY: 'go1.26' }).config.go.binary).toBe('go1.26');
    expect(load({ STOA_GO_BINARY: 'sdk/bin/go' }).config.go.binary).toBe(resolve('sdk/bin/go'));
  });

  it('can all be set', () => {
    const { config } = load({
      STOA_LISTEN: ':80',
      STOA_OPS_LISTEN: 'unix:/run/ops.sock',
      STOA_BASE_PATH: '/go/',
      STOA_LOG_LEVEL: 'debug',
      STOA_LOG_FORMAT: 'pretty',
      STOA_SHUTDOWN_GRACE: '0',
      STOA_FS_ROOT: '/srv/modules',
      STOA_MEMORY_CACHE: '0',
      STOA_QUEUE_PREFIX: 'team',
      STOA_QUEUE_PATIENCE: '2s',
      STOA_DOWNLOAD_CONCURRENCY: '4',
      STOA_QUERY_CONCURRENCY: '5',
      STOA_GO_CONCURRENCY: '2',
      STOA_WAIT_TIMEOUT: '1m',
      STOA_FETCH_TIMEOUT: '2m',
      STOA_QUERY_TIMEOUT: '3m',
      STOA_MAX_WAITING: '7',
      STOA_GO_BINARY: '/opt/go/bin/go',
      STOA_GITHUB_TOKEN: 'ghp_x',
      STOA_LIST_TTL: '0',
      STOA_REFRESH_WAIT: '0',
      STOA_NOT_FOUND_TTL: '2400h',
      STOA_NETWORK_MODE: 'offline',
      STOA_SUMDBS: 'sum.golang.org,sum.example https://sum.example/db',
    });
    expect(config).toMatchObject({
      listen: { host: '0.0.0.0', port: 80 },
      opsListen: { socket: '/run/ops.sock' },
      basePath: '/go',
      logLevel: 'debug',
      logFormat: 'pretty',
      shutdownGrace: 0,
      storage: { kind: 'fs', root: '/srv/modules' },
      memoryCache: 0,
      diskCache: 0,
      queuePrefix: 'team',
      queuePatience: 2000,
      downloadConcurrency: 4,
      queryConcurrency: 5,
      goConcurrency: 2,
      waitTimeout: 60_000,
      fetchTimeout: 120_000,
      queryTimeout: 180_000,
      maxWaiting: 7,
      go: { binary: '/opt/go/bin/go' },
      vcs: { githubToken: 'ghp_x' },
      listTtl: 0,
      refreshWait: 0,
      notFoundTtl: 2400 * 3_600_000,
      offline: true,
      sumdbs: [{ name: 'sum.golang.org' }, { name: 'sum.example', url: 'https://sum.example/db' }],
    });
  });

  it('count as unset when they are empty', () => {
    expect(load({ STOA_LISTEN: '', STOA_LIST_TTL: '', STOA_S3_PREFIX: '' }).config).toEqual(load().config);
  });

  it('are frozen all the way down', () => {
    const { config } = load({ STOA_SUMDBS: 'sum.golang.org', STOA_GO_ENV: 'A=1' });
    for (const part of [
      config,
      config.listen,
      config.storage,
      config.redis,
      config.go,
      config.go.extra,
      config.vcs,
      config.sumdbs,
      config.sumdbs[0],
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('come from the environment of the process', () => {
    expect(environment()).toEqual(process.env);
    expect(Object.isFrozen(environment())).toBe(true);
  });
});
