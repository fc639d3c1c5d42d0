import { describe, expect, it } from 'vitest';
import { canonicalHost, matchesHost } from '../../src/guard/host.js';

describe('a host', () => {
  it.each([
    ['Git.Example.COM', 'git.example.com'],
    ['localhost.', 'localhost'],
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.1.', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['127.0.1', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['0x7f.1', '127.0.0.1'],
    ['0X7F000001', '127.0.0.1'],
    ['0177.0.0.01', '127.0.0.1'],
    ['0', '0.0.0.0'],
    ['１２７.0.0.1', '127.0.0.1'],
    ['127。0。0。1', '127.0.0.1'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['[0:0:0:0:0:0:0:1]', '::1'],
    ['[::ffff:127.0.0.1]', '::ffff:7f00:1'],
    ['[::FFFF:7F00:1]', '::ffff:7f00:1'],
    ['bücher.example', 'xn--bcher-kva.example'],
  ])('%j is %j', (text, host) => {
    expect(canonicalHost(text)).toBe(host);
  });

  it.each(
    [
      ['', '.', 'a b', 'a/b', 'a:80', 'user@a', 'a?b', 'a#b', 'a\\b', '%31%32%37.1', 'a\n', '[::1', '::1]', '[::1]:80'],
      ['256.0.0.1', '1.2.3.4.5', '0x100000000', '08.0.0.1', 'fe80::1%eth0', '[fe80::1%25eth0]'],
    ].flat(),
  )('%j is none', (text) => {
    expect(canonicalHost(text)).toBeNull();
  });

  it.each([
    [['*'], 'a.example', true],
    [['a.example'], 'a.example', true],
    [['a.example'], 'b.a.example', false],
    [['*.example'], 'b.a.example', true],
    [['*.example'], 'example', false],
    [['*.example'], 'badexample', false],
    [['*.1'], '127.0.0.1', false],
    [['127.0.0.1'], '127.0.0.1', true],
    [['127.0.0.1'], '127.0.0.2', false],
    [[], 'a.example', false],
  ])('%j match %s: %s', (patterns, host, matches) => {
    expect(matchesHost(patterns, host)).toBe(matches);
  });
});
