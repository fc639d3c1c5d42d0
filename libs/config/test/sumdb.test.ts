import { describe, expect, it } from 'vitest';
import { loadConfig } from '../src/load.js';
import { checkGosumdb, parseSumdbs } from '../src/sumdb.js';

const KEY = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8';

const against = (env: Record<string, string>) => loadConfig('worker', { GOPROXY: 'off', ...env }).config.verifyAgainst;

describe('a list of checksum databases', () => {
  it.each([
    ['', []],
    ['off', []],
    ['sum.golang.org', [{ name: 'sum.golang.org' }]],
    [KEY, [{ name: 'sum.golang.org', verifierKey: KEY }]],
    [
      `${KEY} https://mirror.example/sumdb`,
      [{ name: 'sum.golang.org', verifierKey: KEY, url: 'https://mirror.example/sumdb' }],
    ],
    ['sum.golang.org   http://127.0.0.1:8080', [{ name: 'sum.golang.org', url: 'http://127.0.0.1:8080' }]],
    ['sum.golang.google.cn', [{ name: 'sum.golang.org', url: 'https://sum.golang.google.cn' }]],
    [` sum.golang.org , localhost.localdev/sumdb,`, [{ name: 'sum.golang.org' }, { name: 'localhost.localdev/sumdb' }]],
    ['constructor', [{ name: 'constructor' }]],
  ])('%j is understood', (text, expected) => {
    expect(parseSumdbs(text)).toEqual(expected);
  });

  it.each([
    ['a b c', 'has too many fields'],
    ['a.example,a.example', 'names a checksum database twice'],
    ['sum.golang.google.cn,sum.golang.org', 'names a checksum database twice'],
    ['https://sum.example', 'whose name is not host or host/path'],
    ['sum.example/', 'whose name is not host or host/path'],
    ['sum.example/../etc', 'whose name is not host or host/path'],
    ['/sum', 'whose name is not host or host/path'],
    ['u@sum.example', 'whose name is not host or host/path'],
    ['sum.example mirror.example', 'whose URL is not http or https'],
    ['sum.example file:///srv', 'whose URL is not http or https'],
    ['sum.example+033de0ae', 'has a malformed verifier key'],
    [KEY.replace('033de0ae', '033de0af'), 'has a malformed verifier key'],
    [KEY.replace('golang.org', 'golang.com'), 'has a malformed verifier key'],
    [KEY.slice(0, -1), 'has a malformed verifier key'],
  ])('%j is refused', (text, message) => {
    expect(() => parseSumdbs(text)).toThrow(message);
  });

  it('is one at most in GOSUMDB', () => {
    expect(checkGosumdb(KEY)).toBe(KEY);
    expect(() => checkGosumdb('a.example,b.example')).toThrow('names more than one checksum database');
  });

  it('is not left out of GOSUMDB by mistake', () => {
    for (const text of ['', 'off', ' off ']) expect(checkGosumdb(text)).toBe(text);
    for (const text of [' ', ',', ' , ']) expect(() => checkGosumdb(text)).toThrow('names no checksum database');
  });
});

describe('what is verified against', () => {
  it('is the database of GOSUMDB, unless there is none or STOA_VERIFY is off', () => {
    expect(against({ GOSUMDB: KEY })).toEqual({ name: 'sum.golang.org', verifierKey: KEY });
    expect(against({ GOSUMDB: KEY, STOA_VERIFY: 'off' })).toBeNull();
    expect(against({ GOSUMDB: 'off' })).toBeNull();
    expect(against({ GOSUMDB: KEY, STOA_GO_ENV: 'GOSUMDB=off' })).toBeNull();
  });
});
