import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '#libs/config';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stoa-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: string): string {
  const path = join(folder, `secret-${Math.random()}`);
  writeFileSync(path, content);
  return path;
}

const at = (path: string) => () => loadConfig('api', { STOA_GITHUB_TOKEN_FILE: path });

describe('a secret in a file', () => {
  it.each(['hunter2', 'hunter2\n', 'hunter2\r\n'])('is read from it without the last newline: %j', (content) => {
    const { config, sources } = loadConfig('api', { STOA_REDIS_PASSWORD_FILE: file(content) });
    expect(config.redis).toMatchObject({ password: 'hunter2' });
    expect(sources.find(({ name }) => name === 'STOA_REDIS_PASSWORD')).toEqual({
      name: 'STOA_REDIS_PASSWORD',
      shown: '***',
      source: 'file',
    });
  });

  it.each([
    'STOA_S3_ACCESS_KEY',
    'STOA_S3_SECRET_KEY',
    'STOA_REDIS_URL',
    'STOA_REDIS_SENTINEL_PASSWORD',
    'STOA_GITHUB_TOKEN',
    'STOA_GO_ENV',
  ])('is possible for %s', (name) => {
    const text = { STOA_REDIS_URL: 'redis://cache', STOA_GO_ENV: 'A=1' }[name] ?? 'hunter2';
    const env = {
      [`${name}_FILE`]: file(text),
      STOA_REDIS_SENTINELS: name.includes('SENTINEL') ? 'a' : '',
      STOA_REDIS_SENTINEL_MASTER: name.includes('SENTINEL') ? 'm' : '',
    };
    const { sources } = loadConfig('api', env);
    expect(sources.find((setting) => setting.name === name)?.source).toBe('file');
  });

  it('can not be in the environment too', () => {
    expect(() => loadConfig('api', { STOA_GITHUB_TOKEN: 'a', STOA_GITHUB_TOKEN_FILE: file('b') })).toThrow(
      'STOA_GITHUB_TOKEN: STOA_GITHUB_TOKEN_FILE is set too; set one of them',
    );
  });

  it('that is absent, a folder or empty stops the start', () => {
    const absent = join(folder, 'absent');
    expect(at(absent)).toThrow(`STOA_GITHUB_TOKEN_FILE: ${JSON.stringify(absent)} can not be read (ENOENT)`);
    expect(at(folder)).toThrow('can not be read (EISDIR)');
    expect(at(file('\n'))).toThrow('is empty');
  });

  it('that can not be read is one fault, not also a missing key', () => {
    const env = {
      STOA_STORAGE: 's3',
      STOA_S3_ENDPOINT: 'http://minio:9000',
      STOA_S3_ACCESS_KEY: 'key',
      STOA_S3_SECRET_KEY_FILE: '/no/such',
    };
    expect(() => loadConfig('api', env)).toThrow(/^STOA_S3_SECRET_KEY_FILE: "\/no\/such" can not be read \(ENOENT\)$/);
  });

  it('is no way to give other settings', () => {
    expect(loadConfig('api', { STOA_LIST_TTL_FILE: file('5m') }).warnings).toEqual([
      'STOA_LIST_TTL_FILE is not a setting',
    ]);
  });
});
