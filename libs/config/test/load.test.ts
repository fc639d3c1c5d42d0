import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, environment, loadConfig } from '#libs/config';
import { faultsOf, load } from './loading.js';

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
        GOSUMDB: '',
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

describe('a setting that can not be used', () => {
  it.each([
    [{ STOA_LIST_TTL: '5 minutes' }, 'STOA_LIST_TTL: "5 minutes" is not a duration such as 30s or 5m'],
    [{ STOA_WAIT_TIMEOUT: '0' }, 'STOA_WAIT_TIMEOUT: "0" is too short: at least 1ms'],
    [{ STOA_REFRESH_WAIT: '600h' }, 'STOA_REFRESH_WAIT: "600h" is too long: at most 596h'],
    [{ STOA_MEMORY_CACHE: '64M' }, 'STOA_MEMORY_CACHE: "64M" is not a size such as 64MiB, 5GB or a number of bytes'],
    [{ STOA_S3_PATH_STYLE: 'yes' }, 'STOA_S3_PATH_STYLE: "yes" is not on or off'],
    [{ STOA_STORAGE: 'gcs' }, 'STOA_STORAGE: "gcs" is not one of fs, s3, external'],
    [{ STOA_LOG_LEVEL: 'verbose' }, 'STOA_LOG_LEVEL: "verbose" is not one of trace, debug, info, warn, error, fatal'],
    [{ STOA_NETWORK_MODE: 'strict' }, 'STOA_NETWORK_MODE: "strict" is not one of online, offline'],
    [{ STOA_MAX_WAITING: '-1' }, 'STOA_MAX_WAITING: "-1" is not a whole number from 1 to 10000000'],
    [{ STOA_DOWNLOAD_CONCURRENCY: '0' }, 'STOA_DOWNLOAD_CONCURRENCY: "0" is not a whole number from 1 to 10000'],
    [
      { STOA_LISTEN: '3000' },
      'STOA_LISTEN: "3000" is not an address such as 127.0.0.1:3000, :3000, [::1]:3000 or unix:/path',
    ],
    [
      { STOA_LISTEN: 'a\nb' },
      'STOA_LISTEN: "a\\nb" is not an address such as 127.0.0.1:3000, :3000, [::1]:3000 or unix:/path',
    ],
    [
      { STOA_GO_ENV: 'GOPROXY=off;hunter2' },
      'STOA_GO_ENV: the value has no = in entry 2: write KEY=VALUE;KEY=VALUE, and \\; for a semicolon in a value',
    ],
    [
      { GOPROXY: 'ftp://a.example' },
      'GOPROXY: "ftp://a.example" is not direct, off, or a URL with http, https or file (entry 1)',
    ],
    [
      { STOA_GO_ENV: 'GOPROXY=none' },
      'GOPROXY in STOA_GO_ENV: "none" is not direct, off, or a URL with http, https or file (entry 1)',
    ],
    [{ GOSUMDB: 'a b c' }, 'GOSUMDB: "a b c" has too many fields: write name, name+hash+key or name+hash+key url'],
    [{ STOA_SUMDBS: 'a.example,a.example' }, 'STOA_SUMDBS: "a.example,a.example" names a checksum database twice'],
  ])('stops the start: %j', (env, fault) => {
    expect(faultsOf(env)).toEqual([fault]);
  });

  it('is told together with all others, one line each', () => {
    const env = {
      STOA_LISTEN: 'x',
      STOA_LIST_TTL: 'soon',
      STOA_STORAGE: 's3',
      STOA_LSIT_TTL: '1m',
      STOA_REDIS_SENTINELS: 'a',
    };
    expect(faultsOf(env).map((line) => line.split(/[: ]/, 1)[0])).toEqual([
      'STOA_LSIT_TTL',
      'STOA_LISTEN',
      'STOA_LIST_TTL',
      'STOA_S3_ENDPOINT',
      'STOA_S3_ACCESS_KEY',
      'STOA_S3_SECRET_KEY',
      'STOA_REDIS_SENTINELS',
    ]);
    expect(new ConfigError(faultsOf(env)).message.split('\n')).toHaveLength(7);
  });

  it.each([
    { STOA_REDIS_URL: 'redis//stoa:hunter2@cache' },
    { STOA_REDIS_URL: 'redis://stoa:hunter2@cache:port' },
    { STOA_REDIS_SENTINELS: 'u:hunter2@a', STOA_REDIS_SENTINEL_MASTER: 'm' },
    { STOA_S3_ENDPOINT: 'http://key:hunter2@s3.example' },
    { STOA_GO_ENV: 'GOAUTH=netrc;hunter2' },
    { STOA_GO_ENV: 'GOPROXY=ftp://u:hunter2@proxy.example' },
    { GOPROXY: 'https://u:hunter2@proxy.example:port' },
    { STOA_SUMDBS: 'sum.example ftp://u:hunter2@mirror.example' },
    { GOSUMDB: 'sum.example ftp://u:hunter2@mirror.example' },
  ])('keeps its password to itself: %j', (env) => {
    const faults = faultsOf(env);
    expect(faults).toHaveLength(1);
    expect(faults[0]).not.toContain('hunter2');
  });
});

describe('an external storage', () => {
  const external = { STOA_STORAGE: 'external', STOA_EXTERNAL_URL: 'https://storage.example/go/' };

  it('needs a URL, and nothing else', () => {
    expect(load(external).config.storage).toMatchObject({
      kind: 'external',
      url: new URL('https://storage.example/go'),
    });
    expect(faultsOf({ STOA_STORAGE: 'external' })).toEqual([
      'STOA_EXTERNAL_URL: is not set, and STOA_STORAGE=external needs it',
    ]);
  });

  it('takes a token, a folder, and the way that the process environment names', () => {
    const env = {
      ...external,
      STOA_EXTERNAL_TOKEN: 'abc.DEF-1==',
      STOA_META_ROOT: '/srv/meta',
      HTTPS_PROXY: 'http://proxy.example:3128',
      SSL_CERT_FILE: '/etc/own.pem',
      STOA_GO_ENV: 'HTTPS_PROXY=http://of-go.example',
    };
    const { config } = load(env);
    expect(config.storage).toMatchObject({
      token: 'abc.DEF-1==',
      metaRoot: '/srv/meta',
      network: { HTTPS_PROXY: 'http://proxy.example:3128', SSL_CERT_FILE: '/etc/own.pem' },
    });
    expect(config.storageToken).toBe('abc.DEF-1==');
  });

  it.each(['storage.example', 'ftp://storage.example', 'http://u:hunter2@storage.example', 'http://storage.example?x'])(
    'refuses the URL %j',
    (url) => {
      const [fault] = faultsOf({ ...external, STOA_EXTERNAL_URL: url });
      expect(fault).toContain('is not http://host:port or https://host/path');
      expect(fault).not.toContain('hunter2');
    },
  );

  it('refuses a token that no header can carry, and keeps it to itself', () => {
    expect(faultsOf({ ...external, STOA_EXTERNAL_TOKEN: 'two words' })).toEqual([
      'STOA_EXTERNAL_TOKEN: the value is not a token of letters, digits and -._~+/=',
    ]);
  });

  it('that is set up but not chosen is a warning', () => {
    expect(load({ STOA_EXTERNAL_URL: 'http://a.example', STOA_META_ROOT: '/srv/meta' }).warnings).toEqual([
      'STOA_EXTERNAL_URL has no effect while STOA_STORAGE is fs',
      'STOA_META_ROOT has no effect while STOA_STORAGE is fs',
    ]);
  });
});

function serve(env: Record<string, string>) {
  return loadConfig('storage', env);
}

describe('a storage server', () => {
  it('has listeners of its own', () => {
    const { config } = serve({});
    expect([config.listen, config.opsListen]).toEqual([
      { host: '127.0.0.1', port: 3003 },
      { host: '127.0.0.1', port: 3004 },
    ]);
    expect(() => serve({ STOA_LISTEN: ':8080', STOA_OPS_LISTEN: ':8080' })).toThrow('is the address of STOA_LISTEN');
  });

  it('warns when anybody may write', () => {
    expect(serve({ STOA_LISTEN: ':3003' }).warnings).toEqual([
      'STOA_EXTERNAL_TOKEN is not set and STOA_LISTEN is not loopback: whoever reaches it reads and writes modules',
    ]);
    expect(serve({ STOA_LISTEN: ':3003', STOA_EXTERNAL_TOKEN: 'secret' }).warnings).toEqual([]);
  });

  it('does not serve itself', () => {
    expect(() => serve({ STOA_STORAGE: 'external', STOA_EXTERNAL_URL: 'http://localhost:3003' })).toThrow(
      'STOA_EXTERNAL_URL: names this storage server itself, so it would ask itself for ever',
    );
  });
});
