import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeConfig, loadConfig, type Environment, type GoDefaults } from '#libs/config';

function lines(env: Environment, goDefaults: GoDefaults = { GOPROXY: 'direct', GOSUMDB: 'off' }): string[] {
  return describeConfig(loadConfig('start', env, goDefaults, { cpus: 4, terminal: true }));
}

function line(name: string, env: Environment): string | undefined {
  return lines(env).find((text) => text.startsWith(`${name}=`));
}

describe('the printed configuration', () => {
  it.each([
    ['STOA_LISTEN', {}, 'STOA_LISTEN=127.0.0.1:3000   # default'],
    ['STOA_LISTEN', { STOA_LISTEN: ':80' }, 'STOA_LISTEN=:80   # environment'],
    ['STOA_GO_CONCURRENCY', {}, 'STOA_GO_CONCURRENCY=4   # default'],
    ['STOA_S3_ENDPOINT', {}, 'STOA_S3_ENDPOINT=   # default'],
    ['GOPROXY', {}, 'GOPROXY=direct   # go env'],
    ['GOPROXY', { STOA_GO_ENV: 'GOPROXY=off' }, 'GOPROXY=off   # STOA_GO_ENV'],
    ['GONOSUMDB', { GOPRIVATE: '*.corp' }, 'GONOSUMDB=*.corp   # default'],
  ])('says what %s is and why, with %j', (name, env, expected) => {
    expect(line(name, env)).toBe(expected);
  });

  it('has one line for each setting', () => {
    const names = lines({ STOA_QUEUE_PREFIX: 'a', STOA_REDIS_PASSWORD: 'a\nb' }).map((text) => text.split('=', 1)[0]);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('STOA_SUMDBS');
  });

  it.each([
    ['STOA_GITHUB_TOKEN', 'ghp_hunter2', '***'],
    ['STOA_REDIS_PASSWORD', 'hunter2', '***'],
    ['STOA_REDIS_URL', 'redis://stoa:hunter2@cache:6379/1', 'redis://***@cache:6379/1'],
    ['STOA_REDIS_URL', 'redis://:hun ter2@cache', 'redis://***@cache'],
    ['STOA_REDIS_URL', 'unix://:hunter2@/run/r.sock', 'unix://***@/run/r.sock'],
    [
      'GOPROXY',
      'https://hunter2@a.example,https://u:hunter2@b.example/x|c.example,direct',
      'https://***@a.example,https://***@b.example/x|c.example,direct',
    ],
    ['GOPROXY', 'u:hunter2@a.example', '***@a.example'],
    [
      'GOPROXY',
      'https://a.example/x?hunter2,b.example?t=hunter2|direct',
      'https://a.example/x?***,b.example?***|direct',
    ],
    ['STOA_SUMDBS', 'sum.example https://a.example?t=hunter2,b.example', 'sum.example https://a.example?***,b.example'],
    ['GOPRIVATE', 'example.com/te?m,*.example', 'example.com/te?m,*.example'],
    ['GOAUTH', 'netrc; git /srv/home;/bin/token --key hunter2', 'netrc; git /srv/home;***'],
    ['GOSUMDB', 'sum.golang.org https://u:hunter2@mirror.example', 'sum.golang.org https://***@mirror.example'],
    [
      'STOA_GO_ENV',
      'GOPROXY=https://u:hunter2@a.example,direct;TOKEN=hunter2;GOFLAGS=-x;E=',
      'GOPROXY=https://***@a.example,direct;TOKEN=***;GOFLAGS=-x;E=',
    ],
    ['STOA_GO_ENV', 'GOAUTH=netrc\\;/bin/token hunter2', 'GOAUTH=netrc\\;***'],
  ])('masks what is secret in %s=%s', (name, value, shown) => {
    expect(line(name, { [name]: value })).toBe(`${name}=${shown}   # environment`);
  });

  it('holds no password, wherever it is put', () => {
    const password = fc.stringMatching(/^[A-Za-z0-9 .,;:|@\\!#?=%&+-]{6,20}$/).map((text) => `QZ${text}QZ`);
    fc.assert(
      fc.property(password, (secret) => {
        const escaped = encodeURIComponent(secret);
        const env = {
          STOA_REDIS_URL: `redis://u:${escaped}@cache`,
          STOA_S3_ACCESS_KEY: secret,
          STOA_S3_SECRET_KEY: secret,
          STOA_GITHUB_TOKEN: secret,
          STOA_GO_ENV: `T=${secret.replaceAll(';', '\\;')};GOPROXY=https://u:${escaped}@a.example`,
          GOAUTH: `/bin/auth ${secret.replaceAll(';', '')}`,
          STOA_SUMDBS: `sum.example https://u:${escaped.replaceAll(',', '')}@b.example`,
        };
        const printed = lines(env).join('\n');
        expect(printed).not.toContain('QZ');
      }),
    );
  });
});
