import { describe, expect, it } from 'vitest';
import { parseRedisNodes, parseRedisUrl } from '../src/redis-address.js';

describe('the URL of a Redis server', () => {
  const server = { kind: 'server', port: 6379, db: 0, tls: false };
  it.each([
    ['redis://cache', { ...server, host: 'cache' }],
    ['redis://cache/', { ...server, host: 'cache' }],
    ['redis://cache:6380/3', { ...server, host: 'cache', port: 6380, db: 3 }],
    ['redis://cache?db=2', { ...server, host: 'cache', db: 2 }],
    ['rediss://cache', { ...server, host: 'cache', tls: true }],
    ['redis://[::1]:6379', { ...server, host: '::1' }],
    ['redis://:secret@cache', { ...server, host: 'cache', password: 'secret' }],
    [
      'redis://stoa:p%40ss%2Fw%25rd@cache/1',
      { ...server, host: 'cache', db: 1, username: 'stoa', password: 'p@ss/w%rd' },
    ],
    ['unix:///run/redis.sock', { kind: 'socket', path: '/run/redis.sock', db: 0 }],
    ['unix:///run/a%20b.sock?db=1', { kind: 'socket', path: '/run/a b.sock', db: 1 }],
    [
      'unix://stoa:p%3Ass@/run/redis.sock?db=1',
      { kind: 'socket', path: '/run/redis.sock', db: 1, username: 'stoa', password: 'p:ss' },
    ],
    ['unix://:secret@/run/redis.sock', { kind: 'socket', path: '/run/redis.sock', db: 0, password: 'secret' }],
  ])('%s is understood', (text, expected) => {
    expect(parseRedisUrl(text)).toEqual(expected);
  });

  it.each([
    ['cache:6379', 'is not a URL such as'],
    ['http://cache', 'is not a URL such as'],
    ['redis:cache', 'is not a URL such as'],
    ['redis://', 'is not a URL such as'],
    ['redis://cache:70000', 'is not a URL such as'],
    ['redis://:pa/ss@cache', 'of a password as %2F'],
    ['redis://cache#1', 'is not a URL such as'],
    ['redis://cache/zero', 'has a database that is not a number'],
    ['redis://cache/-1', 'has a database that is not a number'],
    ['redis://cache/1?db=1', 'gives the database twice'],
    ['redis://cache?db=1&db=2', 'gives the database twice'],
    ['redis://cache?timeout=5', 'has a parameter other than db'],
    ['redis://:100%@cache', 'has a % that is not the start of an escape'],
    ['unix://run/redis.sock', 'is not a URL such as'],
    ['unix:/run/redis.sock', 'is not a URL such as'],
    ['unix:///run/redis.sock?path=1', 'has a parameter other than db'],
  ])('%s is refused', (text, message) => {
    expect(() => parseRedisUrl(text)).toThrow(message);
  });
});

describe('a list of Redis servers', () => {
  it.each([
    [
      'a:1,b:2',
      {
        tls: false,
        nodes: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
      },
    ],
    [
      ' a , b:2, ',
      {
        tls: false,
        nodes: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 2 },
        ],
      },
    ],
    [
      '[::1]:5,[::2]',
      {
        tls: false,
        nodes: [
          { host: '::1', port: 5 },
          { host: '::2', port: 26_379 },
        ],
      },
    ],
    ['redis://a:1', { tls: false, nodes: [{ host: 'a', port: 1 }] }],
    [
      'rediss://a:1,b:2',
      {
        tls: true,
        nodes: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
      },
    ],
    [
      'rediss://a:1/,rediss://b:2/',
      {
        tls: true,
        nodes: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
      },
    ],
  ])('%s is understood', (text, expected) => {
    expect(parseRedisNodes(text, 26_379)).toEqual(expected);
  });

  it.each([
    [',', 'names no server'],
    ['a:1,b c:2', '(entry 2)'],
    ['a:0', '(entry 1)'],
    ['a:1,http://b', '(entry 2)'],
    ['a:1;b:2', '(entry 1)'],
    ['redis://a,rediss://b', 'mixes redis:// and rediss://'],
    ['a:1,user:hunter2@b:2', 'has a user or password in entry 2'],
  ])('%s is refused', (text, message) => {
    expect(() => parseRedisNodes(text, 26_379)).toThrow(message);
  });
});
