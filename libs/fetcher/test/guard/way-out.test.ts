import type { IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { atEnd, upstream } from '../fetching.js';
import { certificate, forwardProxy, listening, socksProxy } from '../world.js';
import { askPlain, askTunnel, openProxy, server, urlFor } from './proxying.js';

const ANSWERS = { 'public.example': [['93.184.216.34']], 'inner.example': [['10.1.2.3']] };

describe('behind the proxy of the settings', () => {
  it('a tunnel is asked of it, with its credentials', async () => {
    const host = await server((_request, response) => response.end('page'));
    const corporate = await forwardProxy(host.url);
    const url = new URL(corporate.url);
    const env = { HTTPS_PROXY: `http://me:secret@corporate.example:${url.port}` };
    const places = { [`corporate.example:${url.port}`]: corporate.url };
    // A name that only the proxy knows.
    const { proxy, dialled } = await openProxy({ env, places });
    const answer = await askTunnel(urlFor(proxy, 'git'), 'far.example:443', 'GET /x HTTP/1.1\r\nHost: far\r\n\r\n');
    expect(answer.body).toMatch(/^HTTP\/1.1 200 OK/);
    expect(dialled).toEqual([`corporate.example:${url.port}`]);
    expect(corporate.asked).toEqual([
      { line: 'CONNECT far.example:443', authorization: `Basic ${Buffer.from('me:secret').toString('base64')}` },
    ]);
  });

  it('that is spoken to in https, a tunnel is asked of it within TLS', async () => {
    const { file, tls } = await certificate();
    const asked: string[] = [];
    const corporate = createHttpsServer(tls).on('connect', ({ url }: IncomingMessage, socket: Socket) => {
      asked.push(url ?? '');
      socket.on('error', () => socket.destroy());
      socket.write('HTTP/1.1 200 OK\r\n\r\nwelcome');
    });
    const url = await listening(corporate);
    atEnd(async () => {
      corporate.close();
      corporate.closeAllConnections();
    });
    const { port } = new URL(url);
    const env = { HTTPS_PROXY: `https://mirror.example:${port}`, SSL_CERT_FILE: file };
    const { proxy } = await openProxy({ env, places: { [`mirror.example:${port}`]: url } });
    expect((await askTunnel(urlFor(proxy, 'git'), 'far.example:443')).body).toBe('welcome');
    expect(asked).toEqual(['far.example:443']);
  });

  it('a plain request is handed on whole', async () => {
    const host = await server((_request, response) => response.end('page'));
    const corporate = await forwardProxy(host.url);
    const { proxy } = await openProxy({
      env: { HTTP_PROXY: corporate.url },
      places: { [place(corporate.url)]: corporate.url },
    });
    expect((await askPlain(urlFor(proxy, 'git'), 'http://far.example/x')).body).toBe('page');
    expect(corporate.asked.map(({ line }) => line)).toEqual(['GET http://far.example/x']);
  });

  it.each(['inner.example', '10.0.0.1', '127.1', '[::1]'])('%s is not asked of it', async (target) => {
    const corporate = await forwardProxy('http://127.0.0.1:1');
    const env = { HTTP_PROXY: corporate.url, HTTPS_PROXY: corporate.url };
    const { proxy, dialled } = await openProxy({ answers: ANSWERS, env });
    expect((await askTunnel(urlFor(proxy, 'git'), `${target}:443`)).status).toBe(403);
    expect((await askPlain(urlFor(proxy, 'git'), `http://${target}/`)).status).toBe(403);
    expect([corporate.asked, dialled]).toEqual([[], []]);
  });

  it('its own refusal is no word of ours', async () => {
    const corporate = await forwardProxy('http://127.0.0.1:1', '403 Forbidden');
    const { proxy } = await openProxy({
      env: { HTTPS_PROXY: corporate.url },
      places: { [place(corporate.url)]: corporate.url },
    });
    expect(await askTunnel(urlFor(proxy, 'git'), 'far.example:443')).toMatchObject({
      status: 502,
      reason: 'Forbidden',
    });
  });

  it('NO_PROXY goes past it, and is checked', async () => {
    const env = { HTTPS_PROXY: 'http://corporate.example:3128', NO_PROXY: '.example' };
    const { proxy, dialled } = await openProxy({ answers: ANSWERS, env });
    await askTunnel(urlFor(proxy, 'git'), 'public.example:443');
    expect((await askTunnel(urlFor(proxy, 'git'), 'inner.example:443')).status).toBe(403);
    expect(dialled).toEqual(['93.184.216.34:443']);
  });

  it('ssh goes past it', async () => {
    const env = { HTTPS_PROXY: 'http://corporate.example:3128' };
    const { proxy, dialled } = await openProxy({ answers: ANSWERS, env });
    await askTunnel(urlFor(proxy, 'ssh'), 'public.example:22');
    expect(dialled).toEqual(['93.184.216.34:22']);
  });

  it.each(['', 'me'])('of SOCKS5 names are asked too, as user %j', async (user) => {
    const source = await upstream();
    source.addFile('/x', 'page');
    const socks = await socksProxy(source.url, user);
    const env = { HTTP_PROXY: user ? socks.url.replace('://', `://${user}:secret@`) : socks.url };
    const { proxy } = await openProxy({ env, places: { [place(socks.url)]: socks.url.replace('socks5:', 'http:') } });
    expect((await askPlain(urlFor(proxy, 'git'), 'http://far.example/x')).body).toBe('page');
    expect((await askPlain(urlFor(proxy, 'git'), 'http://[2606:4700::1]:8080/x')).body).toBe('page');
    expect(socks.asked).toEqual(['far.example:80', '2606:4700::1:8080']);
  });
});

function place(url: string): string {
  return new URL(url).host;
}
