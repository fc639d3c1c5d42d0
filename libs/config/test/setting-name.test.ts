import { describe, expect, it } from 'vitest';
import { loadConfig } from '#libs/config';
import { editDistance } from '../src/setting-name.js';

describe('an unknown name', () => {
  it.each([
    ['STOA_LSIT_TTL', 'STOA_LIST_TTL'],
    ['STOA_LIST_TTLS', 'STOA_LIST_TTL'],
    ['STOA_LISTTTL', 'STOA_LIST_TTL'],
    ['STOA_REDIS_PASSWORD_FIEL', 'STOA_REDIS_PASSWORD_FILE'],
    ['STOA_NETRC', undefined],
    ['STOA_NETRC_FILES', 'STOA_NETRC_FILE'],
    ['STOA_SSH_KEY_FLIE', 'STOA_SSH_KEY_FILE'],
    ['STOA_BASIC_AUHT', 'STOA_BASIC_AUTH'],
  ])('%s is taken for a typo of %s', (name, meant) => {
    const load = () => loadConfig('api', { [name]: 'x' });
    if (meant === undefined) expect(load().warnings).toEqual([`${name} is not a setting`]);
    else expect(load).toThrow(new RegExp(`^${name} is not a setting; did you mean ${meant}\\?$`));
  });

  it('that is like nothing known is a warning', () => {
    expect(loadConfig('api', { STOA_COLOUR: 'blue', OTHER: 'x' }).warnings).toEqual(['STOA_COLOUR is not a setting']);
  });

  it('for the tests is ignored', () => {
    expect(loadConfig('api', { STOA_TEST_S3: 'x', STOA_TEST_LIST_TTL: 'x' }).warnings).toEqual([]);
  });

  it('that Kubernetes makes of a service is ignored', () => {
    const env = {
      STOA_PORT: 'tcp://10.0.0.1:3000',
      STOA_SERVICE_HOST: '10.0.0.1',
      STOA_SERVICE_PORT: '3000',
      STOA_SERVICE_PORT_HTTP: '3000',
      STOA_PORT_3000_TCP: 'tcp://10.0.0.1:3000',
      STOA_PORT_3000_TCP_ADDR: '10.0.0.1',
      STOA_REDIS_PORT: 'tcp://10.0.0.2:6379',
      STOA_REDIS_SERVICE_HOST: '10.0.0.2',
    };
    expect(loadConfig('api', env).warnings).toEqual([]);
  });
});

describe('a setting of a later version', () => {
  it.each(['STOA_DOWNLOAD_MODE', 'STOA_DOWNLOAD_URL'])('%s is answered with a warning', (name) => {
    expect(loadConfig('api', { [name]: 'x' }).warnings).toEqual([`${name} is not supported by this version`]);
    expect(loadConfig('api', { [name]: '' }).warnings).toEqual([]);
  });

  it.each(['STOA_TLS_CERT', 'STOA_POLICY_FILE', 'STOA_BASIC_AUTH', 'STOA_BASIC_AUTH_FILE'])(
    '%s would protect something, so it stops the start',
    (name) => {
      expect(() => loadConfig('api', { [name]: 'x' })).toThrow(
        `${name} is not supported by this version, so it would protect nothing`,
      );
      expect(loadConfig('api', { [name]: '' }).warnings).toEqual([]);
    },
  );
});

describe('the distance between two words', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['abc', 'abc', 0],
    ['abc', 'abd', 1],
    ['abc', 'ac', 1],
    ['lsit', 'list', 2],
    ['kitten', 'sitting', 3],
  ])('%j to %j is %d', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });
});
