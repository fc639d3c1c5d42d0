import { describe, expect, it } from 'vitest';
import { ConfigError } from '#libs/config';
import { faultsOf } from './loading.js';

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
    { GOPROXY: 'ftp://proxy.example?token=hunter2' },
    { STOA_SUMDBS: 'sum.example ftp://u:hunter2@mirror.example' },
    { GOSUMDB: 'sum.example ftp://u:hunter2@mirror.example' },
  ])('keeps its password to itself: %j', (env) => {
    const faults = faultsOf(env);
    expect(faults).toHaveLength(1);
    expect(faults[0]).not.toContain('hunter2');
  });
});
