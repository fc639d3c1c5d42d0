import { describe, expect, test } from 'vitest';
import { proxyRules } from '../src/proxy-rules.js';

const BOTH = { HTTP_PROXY: 'http://plain:1', HTTPS_PROXY: 'http://secure:2' };

function through(env: Record<string, string>, url: string): string | undefined {
  return proxyRules(env)(new URL(url))?.host;
}

describe('the proxy of a URL', () => {
  test.each([
    [{}, 'https://a.example', undefined],
    [BOTH, 'http://a.example', 'plain:1'],
    [BOTH, 'https://a.example', 'secure:2'],
    [{ HTTP_PROXY: 'http://plain:1' }, 'https://a.example', undefined],
    [{ http_proxy: 'plain:1' }, 'http://a.example', 'plain:1'],
    [{ HTTP_PROXY: 'socks5://plain:1', http_proxy: 'http://other' }, 'http://a.example', 'plain:1'],
    [BOTH, 'https://localhost:8080', undefined],
    [BOTH, 'https://127.1.2.3', undefined],
    [BOTH, 'https://[::1]:80', undefined],
    [{ ...BOTH, NO_PROXY: '*' }, 'https://a.example', undefined],
    [{ ...BOTH, no_proxy: 'x, A.example' }, 'https://a.example', undefined],
    [{ ...BOTH, NO_PROXY: 'a.example' }, 'https://b.a.example', undefined],
    [{ ...BOTH, NO_PROXY: 'a.example' }, 'https://ba.example', 'secure:2'],
    [{ ...BOTH, NO_PROXY: '.a.example' }, 'https://a.example', 'secure:2'],
    [{ ...BOTH, NO_PROXY: '*.a.example' }, 'https://b.a.example', undefined],
    [{ ...BOTH, NO_PROXY: 'a.example:443' }, 'https://a.example', undefined],
    [{ ...BOTH, NO_PROXY: 'a.example:80' }, 'https://a.example', 'secure:2'],
    [{ ...BOTH, NO_PROXY: '10.0.0.0/8' }, 'https://10.1.2.3', undefined],
    [{ ...BOTH, NO_PROXY: '10.0.0.0/8' }, 'https://11.1.2.3', 'secure:2'],
    [{ ...BOTH, NO_PROXY: '10.0.0.0/99' }, 'https://10.1.2.3', 'secure:2'],
    [{ ...BOTH, NO_PROXY: '10.1.2.3' }, 'https://10.1.2.3', undefined],
    [{ ...BOTH, NO_PROXY: '10.1.2.3:80' }, 'https://10.1.2.3', 'secure:2'],
    [{ ...BOTH, NO_PROXY: 'fd00::/8,::2' }, 'https://[fd01::1]', undefined],
    [{ ...BOTH, NO_PROXY: '[fd01::1]:443' }, 'https://[fd01::1]', undefined],
    [{ ...BOTH, NO_PROXY: 'fd01::1' }, 'https://[fd01::1]', undefined],
    [{ ...BOTH, NO_PROXY: '1.2.3' }, 'https://10.1.2.3', 'secure:2'],
  ])('in %j of %s is %s', (env, url, proxy) => {
    expect(through(env, url)).toBe(proxy);
  });

  test.each([
    [{ HTTP_PROXY: 'http://user:secret@[x' }, 'HTTP_PROXY: not the URL of a proxy (http, https or socks5)'],
    [{ https_proxy: 'ftp://a.example' }, 'HTTPS_PROXY: not the URL of a proxy (http, https or socks5)'],
  ])('%j is refused without its value', (env, message) => {
    expect(() => proxyRules(env)).toThrow(new Error(message));
  });
});
