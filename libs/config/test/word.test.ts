import { describe, expect, it } from 'vitest';
import { parseBasePath, parseKeyPrefix, parseQueuePrefix } from '../src/prefix.js';
import { parseBucket, parseEndpoint } from '../src/s3.js';
import { parseBoolean, parseNumber } from '../src/scalar.js';

describe('a switch', () => {
  it.each([
    ['on', true],
    ['ON', true],
    ['true', true],
    ['1', true],
    ['off', false],
    ['False', false],
    ['0', false],
  ])('%s is %s', (text, expected) => {
    expect(parseBoolean(text)).toBe(expected);
  });

  it.each(['', 'yes', 'no', '2', 'constructor'])('%j is refused', (text) => {
    expect(() => parseBoolean(text)).toThrow('is not on or off');
  });
});

describe('a number', () => {
  it.each(['1', '10', '010'])('%s is within 1 and 10', (text) => {
    expect(parseNumber(text, 1, 10)).toBe(Number(text));
  });

  it.each(['', '0', '11', '-1', '1.5', '1e1', 'ten', ' 1', '0x1'])('%j is refused', (text) => {
    expect(() => parseNumber(text, 1, 10)).toThrow('is not a whole number from 1 to 10');
  });
});

describe('a prefix of routes', () => {
  it.each([
    ['/', ''],
    ['/go', '/go'],
    ['/go/', '/go'],
    ['/a/b-c.d_e~f', '/a/b-c.d_e~f'],
  ])('%s becomes %j', (text, expected) => {
    expect(parseBasePath(text)).toBe(expected);
  });

  it.each(['go', '//go', '/go//', '/a/../b', '/.', '/a b', '/%41', '/a?b'])('%j is refused', (text) => {
    expect(() => parseBasePath(text)).toThrow('is not a path such as /go');
  });
});

describe('a prefix of keys', () => {
  it.each([
    ['stoa', 'stoa'],
    ['/stoa/modules/', 'stoa/modules'],
  ])('%s becomes %j', (text, expected) => {
    expect(parseKeyPrefix(text)).toBe(expected);
  });

  it.each(['/', 'a//b', '..', 'a/../b', 'a b', 'ä'])('%j is refused', (text) => {
    expect(() => parseKeyPrefix(text)).toThrow('is not a prefix such as');
  });

  it('may hold braces in Redis, but no colon', () => {
    expect(parseQueuePrefix('{stoa}')).toBe('{stoa}');
    expect(() => parseQueuePrefix('a:b')).toThrow('is not a prefix of letters');
  });
});

describe('an S3 server', () => {
  it.each(['stoa', 'my.bucket-1', 'abc'])('accepts the bucket %s', (text) => {
    expect(parseBucket(text)).toBe(text);
  });

  it.each(['ab', 'Stoa', '-stoa', 'stoa_1', 'a/b', 'a'.repeat(64)])('refuses the bucket %j', (text) => {
    expect(() => parseBucket(text)).toThrow('is not the name of a bucket');
  });

  it.each([
    ['http://127.0.0.1:9000', '127.0.0.1:9000'],
    ['https://s3.example/', 's3.example'],
    ['HTTPS://S3.example:443', 's3.example'],
  ])('accepts the endpoint %s', (text, host) => {
    expect(parseEndpoint(text).host).toBe(host);
  });

  it.each([
    '127.0.0.1:9000',
    's3.example',
    'ftp://s3.example',
    'http://s3.example/path',
    'http://k:s@s3.example',
    'http://s3.example?x',
  ])('refuses the endpoint %j', (text) => {
    expect(() => parseEndpoint(text)).toThrow('is not http://host:port or https://host');
  });
});
