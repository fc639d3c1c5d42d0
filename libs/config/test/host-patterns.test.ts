import { describe, expect, it } from 'vitest';
import { parseHostPatterns } from '../src/host-patterns.js';
import { faultsOf, load } from './loading.js';

describe('host patterns', () => {
  it.each([
    ['', []],
    [' , ', []],
    ['*', ['*']],
    ['git.corp.example', ['git.corp.example']],
    ['Git.Corp.Example., *.lab.example', ['git.corp.example', '*.lab.example']],
    ['localhost,vcs_1', ['localhost', 'vcs_1']],
    ['127.1,10.0.0.5', ['127.0.0.1', '10.0.0.5']],
    ['[::1],FD00::1,::ffff:7f00:1', ['::1', 'fd00::1', '::ffff:7f00:1']],
  ])('%j are %j', (text, patterns) => {
    expect(parseHostPatterns(text)).toEqual(patterns);
  });

  it.each([
    ['http://git.corp', 1],
    ['git.corp:443', 1],
    ['git.corp,10.0.0.0/8', 2],
    ['a.example,,user@b.example', 3],
    ['*corp.example', 1],
    ['git.*.example', 1],
    ['*.', 1],
    ['*.0.0.1', 1],
    ['.corp.example', 1],
    ['256.1.1.1', 1],
    ['[::1', 1],
    ['a b', 1],
  ])('%j is refused for its entry %d', (text, entry) => {
    expect(() => parseHostPatterns(text)).toThrow(`has no host name, *.domain or address in entry ${entry}`);
  });
});

describe('STOA_ALLOW_PRIVATE_ADDRESSES', () => {
  it('allows no host by default', () => {
    expect(load({}).config.allowPrivateAddresses).toEqual([]);
  });

  it('stops the start with one line when it is bad', () => {
    expect(faultsOf({ STOA_ALLOW_PRIVATE_ADDRESSES: '10.0.0.0/8' })).toEqual([
      'STOA_ALLOW_PRIVATE_ADDRESSES: "10.0.0.0/8" has no host name, *.domain or address in entry 1',
    ]);
  });
});
