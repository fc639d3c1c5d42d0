import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '#libs/config';
import { redirect } from '../../../test/support/upstream.js';
import { atEnd, context, fetcher, folder, refusal, upstream } from './fetching.js';
import { certificate, forwardProxy, listening, socksProxy } from './world.js';

const VERSION = { module: 'example.com/m', version: 'v1.0.0' };

describe('a proxy of the environment', () => {
  test('is asked for http upstreams, with its credentials', async () => {
    const source = (await upstream()).add(VERSION.module, VERSION.version);
    const proxy = await forwardProxy(source.url);
    const extra = { HTTP_PROXY: proxy.url.replace('://', '://me:secret@') };
    await fetcher({ GOPROXY: 'http://mirror.example/', extra }).info(VERSION, await context());
    expect(proxy.asked).toEqual([
      {
        line: 'GET http://mirror.example/example.com/m/@v/v1.0.0.info',
        authorization: `Basic ${Buffer.from('me:secret').toString('base64')}`,
      },
    ]);
  });

  test('tunnels https upstreams', async () => {
    const { file, tls } = await certificate();
    const source = (await upstream({ tls })).add(VERSION.module, VERSION.version);
    const proxy = await forwardProxy(source.url);
    const extra = { HTTPS_PROXY: proxy.url, SSL_CERT_FILE: file };
    await fetcher({ GOPROXY: 'mirror.example', extra }).info(VERSION, await context());
    expect(proxy.asked.map(({ line }) => line)).toEqual(['CONNECT mirror.example:443']);
    expect(source.requests[0]?.headers.host).toBe('mirror.example');
  });

  test('that refuses a tunnel is a fault of the way, without its address', async () => {
    const proxy = await forwardProxy('http://127.0.0.1:1', '407 Proxy Authentication Required');
    const fetch = fetcher({ GOPROXY: 'mirror.example', extra: { HTTPS_PROXY: proxy.url } });
    expect(await refusal(fetch.info(VERSION, await context()))).toEqual({
      kind: 'upstream',
      message: 'example.com/m@v1.0.0: the upstream can not be reached (UND_ERR_ABORTED)',
    });
  });

  test.each(['http', 'https'] as const)(
    'that speaks SOCKS5 is asked for %s upstreams, by their names',
    async (scheme) => {
      const { file, tls } = await certificate();
      const source = (await upstream(scheme === 'https' ? { tls } : {})).add(VERSION.module, VERSION.version);
      const proxy = await socksProxy(source.url, 'me');
      const url = proxy.url.replace('://', '://me:secret@');
      const extra = { HTTP_PROXY: url, HTTPS_PROXY: url, SSL_CERT_FILE: file };
      await fetcher({ GOPROXY: `${scheme}://mirror.example`, extra }).info(VERSION, await context());
      expect(proxy.asked).toEqual([`mirror.example:${scheme === 'https' ? 443 : 80}`]);
      expect(source.requests[0]?.headers.host).toBe('mirror.example');
    },
  );

  test('that speaks SOCKS5 and never opens a tunnel is a timeout', async () => {
    const { url } = await silence();
    const extra = { HTTPS_PROXY: url.replace('http:', 'socks5:') };
    const fetch = fetcher({ GOPROXY: 'mirror.example', extra, limits: { connectTimeout: 50 } });
    expect((await refusal(fetch.info(VERSION, await context()))).kind).toBe('timeout');
  });

  test('that is not there is a fault of the way', async () => {
    const proxy = await upstream();
    const { url } = proxy;
    await proxy.close();
    for (const GOPROXY of ['http://mirror.example', 'https://mirror.example']) {
      const fetch = fetcher({ GOPROXY, extra: { HTTPS_PROXY: url, HTTP_PROXY: url } });
      expect(await refusal(fetch.info(VERSION, await context()))).toEqual({
        kind: 'upstream',
        message: 'example.com/m@v1.0.0: the upstream can not be reached (ECONNREFUSED)',
      });
    }
  });

  test('that never opens a tunnel is a timeout', async () => {
    const { url } = await silence();
    const fetch = fetcher({ GOPROXY: 'mirror.example', extra: { HTTPS_PROXY: url }, limits: { connectTimeout: 50 } });
    expect((await refusal(fetch.info(VERSION, await context()))).kind).toBe('timeout');
  });

  test('is not asked for what NO_PROXY names', async () => {
    const source = (await upstream()).add(VERSION.module, VERSION.version);
    const proxy = await forwardProxy(source.url);
    const extra = { HTTP_PROXY: proxy.url, NO_PROXY: '.example' };
    const fetch = fetcher({ GOPROXY: `http://mirror.example|${source.url}`, extra });
    await fetch.info(VERSION, await context());
    expect(proxy.asked).toEqual([]);
  });
});

describe('an https upstream', () => {
  test('with a certificate of nobody is refused', async () => {
    const source = await upstream({ tls: (await certificate()).tls });
    expect(await refusal(fetcher({ GOPROXY: source.url }).info(VERSION, await context()))).toEqual({
      kind: 'upstream',
      message: 'example.com/m@v1.0.0: the upstream can not be reached (DEPTH_ZERO_SELF_SIGNED_CERT)',
    });
    expect(source.requests).toEqual([]);
  });

  test('is trusted by SSL_CERT_FILE, SSL_CERT_DIR or NODE_EXTRA_CA_CERTS', async () => {
    const { file, tls } = await certificate();
    const source = (await upstream({ tls })).add(VERSION.module, VERSION.version);
    const dir = join(await folder(), 'certificates');
    await mkdir(join(dir, 'sub'), { recursive: true });
    await writeFile(join(dir, 'own.0'), tls.cert);
    await writeFile(join(dir, 'junk'), '-----BEGIN CERTIFICATE-----\njunk\n-----END CERTIFICATE-----\n');
    const settings: Record<string, string>[] = [
      { SSL_CERT_FILE: file },
      { SSL_CERT_DIR: `/nonexistent:${dir}` },
      { NODE_EXTRA_CA_CERTS: file },
    ];
    for (const extra of settings) await fetcher({ GOPROXY: source.url, extra }).info(VERSION, await context());
    expect(source.requests).toHaveLength(3);
  });

  test('that never shakes hands is a timeout', async () => {
    const { url } = await silence();
    const fetch = fetcher({ GOPROXY: url.replace('http:', 'https:'), limits: { connectTimeout: 50 } });
    expect(await refusal(fetch.info(VERSION, await context()))).toEqual({
      kind: 'timeout',
      message: 'example.com/m@v1.0.0: the upstream does not answer in time',
    });
  });

  test('may not redirect to http', async () => {
    const { file, tls } = await certificate();
    const [source, plain] = [await upstream({ tls }), await upstream()];
    source.respond('/', redirect(plain.url));
    const fetch = fetcher({ GOPROXY: source.url, extra: { SSL_CERT_FILE: file } });
    expect(await refusal(fetch.info(VERSION, await context()))).toEqual({
      kind: 'upstream',
      message: 'example.com/m@v1.0.0: the upstream redirects from https to http',
    });
    expect(plain.requests).toEqual([]);
  });

  test('may be redirected to from http', async () => {
    const { file, tls } = await certificate();
    const [source, plain] = [await upstream({ tls }), await upstream()];
    source.add(VERSION.module, VERSION.version);
    plain.respond('/', redirect(`${source.url}/example.com/m/@v/v1.0.0.info`));
    await fetcher({ GOPROXY: plain.url, extra: { SSL_CERT_FILE: file } }).info(VERSION, await context());
    expect(source.requests).toHaveLength(1);
  });

  test.each([
    ['/nonexistent.pem', 'SSL_CERT_FILE: the file can not be read'],
    ['/dev/null', 'SSL_CERT_FILE: the file holds no certificate'],
  ])('needs certificates that can be read: %s is none', (file, message) => {
    expect(() => fetcher({ GOPROXY: 'off', extra: { SSL_CERT_FILE: file } })).toThrow(new ConfigError([message]));
  });
});

/** A server that accepts connections and says nothing. */
async function silence() {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    atEnd(async () => socket.destroy());
  });
  atEnd(async () => server.close());
  return { url: await listening(server) };
}
