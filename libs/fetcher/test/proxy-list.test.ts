import { describe, expect, test } from 'vitest';
import { goClient } from '../../../test/support/go.js';
import { parseProxyList } from '../src/plan/proxy-list.js';
import { atEnd, upstream } from './fetching.js';

/** `url` before `,`, `url|` before `|`. */
function shown(goproxy: string): string[] {
  return parseProxyList(goproxy).map((entry) =>
    entry.kind === 'proxy' ? entry.url.href + (entry.fallBackOnError ? '|' : '') : entry.kind,
  );
}

describe('GOPROXY', () => {
  test.each([
    ['https://a.example', ['https://a.example/']],
    ['https://a.example,direct', ['https://a.example/', 'direct']],
    ['https://a.example|https://b.example,direct', ['https://a.example/|', 'https://b.example/', 'direct']],
    ['a.example', ['https://a.example/']],
    ['a.example/path', ['https://a.example/path']],
    ['localhost:8080', ['https://localhost:8080/']],
    ['https://user:pass@a.example/p?q=1', ['https://user:pass@a.example/p?q=1']],
    ['file:///srv/tree', ['file:///srv/tree']],
    [' https://a.example , direct ', ['https://a.example/', 'direct']],
    [',,https://a.example,,|off', ['https://a.example/', 'off']],
    ['off,https://a.example', ['off']],
    ['direct|https://a.example', ['direct']],
    ['direct', ['direct']],
  ])('reads %j', (goproxy, entries) => {
    expect(shown(goproxy)).toEqual(entries);
  });

  test.each([
    ['', 'GOPROXY: the list has no entries; set a proxy URL, direct or off'],
    [', |', 'GOPROXY: the list has no entries; set a proxy URL, direct or off'],
    ['proxy', 'GOPROXY: proxy URL without a scheme: proxy'],
    ['/srv/tree', 'GOPROXY: proxy URL without a scheme: a path'],
    ['ftp://user:secret@a.example/x', 'GOPROXY: proxy URL scheme must be https, http or file: ftp:...'],
    ['http:///x', 'GOPROXY: proxy URL without a host: http:...'],
    ['http://user:secret@a.example/x', 'GOPROXY: credentials in an http URL, which go refuses: use https'],
    ['https://user:secret@[a/x', 'GOPROXY: not a proxy URL: https:...'],
    ['https://user:%zz@a.example', 'GOPROXY: not a proxy URL: https:...'],
    ['file:///srv/tree?x=1', 'GOPROXY: a file:// proxy URL is a path and nothing else'],
    ['file://host.example/srv', 'GOPROXY: a file:// proxy URL is a path and nothing else'],
    ['file:///srv%2Ftree', 'GOPROXY: a file:// proxy URL has a path that is none'],
  ])('refuses %j in one line', (goproxy, message) => {
    expect(() => parseProxyList(goproxy)).toThrow(new Error(message));
  });
});

describe('credentials in an http URL', () => {
  test.each([['user:secret@'], ['token@'], ['@']])('%j are refused by the go command too', async (user) => {
    const source = (await upstream()).add('example.com/m', 'v1.0.0');
    const url = source.url.replace('://', `://${user}`);
    const client = await goClient({ GOPROXY: url, GONOSUMDB: '*', GOINSECURE: '*' });
    atEnd(() => client.close());
    const { code, stderr } = await client.run(['list', '-m', 'example.com/m@v1.0.0']);
    expect(code).toBe(1);
    expect(stderr).toContain('refusing to pass credentials to insecure URL');
    expect(source.requests).toEqual([]);
    expect(() => parseProxyList(url)).toThrow('credentials in an http URL');
  });
});
