import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { redirect } from '../../../test/support/upstream.js';
import { netrcEntryFor, parseNetrc } from '../src/upstream/netrc.js';
import { context, fetcher, folder, upstream, type Setting } from './fetching.js';
import { certificate } from './world.js';

const VERSION = { module: 'example.com/m', version: 'v1.0.0' };
const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

/** `machine/login:password` of each entry. */
function read(text: string): string[] {
  return parseNetrc(text).map(({ machine, login, password }) => `${machine}/${login}:${password}`);
}

describe('a netrc file', () => {
  test.each([
    ['machine a.example login me password secret', ['a.example/me:secret']],
    ['machine a.example\n\tlogin me\r\n\tpassword secret\n', ['a.example/me:secret']],
    ['machine a login b password c\nmachine d password e login f', ['a/b:c', 'd/f:e']],
    ['machine a login b machine c password d', []],
    ['login b password c machine a', []],
    ['machine a login b account x password c', ['a/b:c']],
    ['machine a login b password c\ndefault\nmachine d login e password f', ['a/b:c']],
    ['default login e password f\nmachine a login b password c', ['a/b:c']],
    ['macdef init\nmachine x login y password z\n\nmachine a login b password c', ['a/b:c']],
    ['# machine x login y password z', []],
    ['', []],
  ])('%j is read as the go command reads it', (text, entries) => {
    expect(read(text)).toEqual(entries);
  });

  test.each([
    ['https://a.example/go', 'first'],
    ['https://a.example:8443/go', 'port'],
    ['https://a.example/inner/go', 'path'],
    ['https://a.example/innermost', 'first'],
    ['https://A.Example', 'first'],
    ['https://b.a.example', undefined],
    ['https://a.example:9443', undefined],
    ['http://a.example/go', undefined],
    ['file:///a.example', undefined],
  ])('has for %s the user %s', (url, login) => {
    const entries = parseNetrc(
      'machine a.example:8443 login port password p\nmachine a.example/inner login path password p\n' +
        'machine a.example login first password p\nmachine a.example login second password p\n',
    );
    expect(netrcEntryFor(entries, new URL(url))?.login).toBe(login);
  });
});

/** An https upstream, and who asks it. */
async function start(extra: Record<string, string> = {}) {
  const { file, tls } = await certificate();
  const source = (await upstream({ tls })).add(VERSION.module, VERSION.version);
  const { host } = new URL(source.url);
  const netrcFile = join(await folder(), 'netrc');
  await writeFile(netrcFile, `machine ${host} login me password s%41:cret\n`);
  const ask = async (setting: Partial<Setting> = {}): Promise<(string | undefined)[]> => {
    await fetcher({ GOPROXY: source.url, netrcFile, ...setting, extra: { SSL_CERT_FILE: file, ...extra } }).info(
      VERSION,
      await context(),
    );
    return source.requests.map(({ headers }) => headers.authorization);
  };
  return { source, tls, host, ask };
}

describe('an upstream that netrc names', () => {
  test('is sent the credentials with the first request', async () => {
    const { ask } = await start();
    expect(await ask()).toEqual([basic('me:s%41:cret')]);
  });

  test('is sent those of its URL where that has any', async () => {
    const { source, ask } = await start();
    expect(await ask({ GOPROXY: source.url.replace('://', '://you@') })).toEqual([basic('you:')]);
  });

  test.each([
    ['off', undefined],
    ['git /srv/home', undefined],
    ['git /srv/home; netrc', basic('me:s%41:cret')],
  ])('is sent what GOAUTH=%s says', async (GOAUTH, sent) => {
    const { ask } = await start();
    expect(await ask({ GOAUTH })).toEqual([sent]);
  });

  test('is sent what NETRC in STOA_GO_ENV names instead', async () => {
    const other = join(await folder(), 'netrc');
    const { host, ask } = await start({ NETRC: other });
    await writeFile(other, `machine ${host} login other password p\n`);
    expect(await ask()).toEqual([basic('other:p')]);
  });

  test('is sent them on a redirect to itself, and another port of its host is not', async () => {
    const { source, tls, ask } = await start();
    const store = (await upstream({ tls })).addFile('/there', '{"Version":"v1.0.0"}');
    source.respond('/', redirect(`${store.url}/there`)).respond('/example.com', redirect(`${source.url}/moved`));
    expect(await ask()).toEqual([basic('me:s%41:cret'), basic('me:s%41:cret')]);
    expect(store.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  test('is sent nothing over http', async () => {
    const plain = (await upstream()).add(VERSION.module, VERSION.version);
    const netrcFile = join(await folder(), 'netrc');
    await writeFile(netrcFile, `machine ${new URL(plain.url).host} login me password secret\n`);
    await fetcher({ GOPROXY: plain.url, netrcFile }).info(VERSION, await context());
    expect(plain.requests[0]?.headers.authorization).toBeUndefined();
  });

  test('needs a file that can be read', () => {
    expect(() => fetcher({ GOPROXY: 'off', netrcFile: '/nonexistent/netrc' })).toThrow(
      new Error('STOA_NETRC_FILE: the file can not be read'),
    );
  });
});
