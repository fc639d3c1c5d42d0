import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isLoopback, parseListenAddress } from '../src/address.js';

describe('the address of a listener', () => {
  it.each([
    ['127.0.0.1:3000', { host: '127.0.0.1', port: 3000 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    [':3000', { host: '0.0.0.0', port: 3000 }],
    ['0.0.0.0:65535', { host: '0.0.0.0', port: 65_535 }],
    ['[::1]:3000', { host: '::1', port: 3000 }],
    ['[::]:3000', { host: '::', port: 3000 }],
    ['gateway-1.corp_net:80', { host: 'gateway-1.corp_net', port: 80 }],
    ['unix:/run/stoa.sock', { socket: '/run/stoa.sock' }],
    ['unix:stoa.sock', { socket: resolve('stoa.sock') }],
  ])('%s is understood', (text, address) => {
    expect(parseListenAddress(text)).toEqual(address);
  });

  it.each([
    '',
    '3000',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:65536',
    '127.0.0.1:-1',
    '::1:3000',
    '[::1]',
    '[host]:3000',
    'a b:3000',
    'http://a:3000',
    ':http',
  ])('%j is refused', (text) => {
    expect(() => parseListenAddress(text)).toThrow('is not an address such as 127.0.0.1:3000');
  });

  it('refuses a socket without a path, and one whose path no system binds', () => {
    expect(() => parseListenAddress('unix:')).toThrow('has no path after unix:');
    expect(() => parseListenAddress(`unix:/${'s'.repeat(107)}`)).toThrow('at most 107 bytes');
  });

  it.each([
    ['127.0.0.1:1', true],
    ['127.9.9.9:1', true],
    ['localhost:1', true],
    ['[::1]:1', true],
    ['unix:/run/stoa.sock', true],
    [':1', false],
    ['[::]:1', false],
    ['10.0.0.1:1', false],
    ['127.example:1', false],
  ])('%s is loopback: %s', (text, loopback) => {
    expect(isLoopback(parseListenAddress(text))).toBe(loopback);
  });
});
