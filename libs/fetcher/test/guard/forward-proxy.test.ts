import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { atEnd } from '../fetching.js';
import { listening } from '../world.js';
import { askPlain, askTunnel, openProxy, openTunnel, server, urlFor } from './proxying.js';

const ANSWERS = {
  'public.example': [['93.184.216.34']],
  'inner.example': [['10.1.2.3']],
  'both.example': [['93.184.216.34', '169.254.169.254']],
  'turning.example': [['93.184.216.34'], ['127.0.0.1']],
};
const INNER = ['inner.example', 'both.example', '127.0.0.1', '127.1', '[::1]', '[::ffff:7f00:1]', '169.254.169.254'];

/** A server that says what was said. */
async function echo(): Promise<string> {
  const started = createServer((socket) => {
    atEnd(async () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  atEnd(async () => started.close());
  return listening(started);
}

describe('a tunnel', () => {
  it('leads to the address that was checked', async () => {
    const places = { '93.184.216.34:443': await echo() };
    const { proxy, dialled, asked } = await openProxy({ answers: ANSWERS, places });
    const answer = await askTunnel(urlFor(proxy, 'git'), 'turning.example:443', 'hello');
    expect(answer).toMatchObject({ status: 200, body: 'hello' });
    expect([asked, dialled]).toEqual([['turning.example'], ['93.184.216.34:443']]);

    const again = await askTunnel(urlFor(proxy, 'git'), 'turning.example:443');
    expect(again).toMatchObject({ status: 403, reason: 'host turning.example: address not allowed' });
    expect(dialled).toHaveLength(1);
  });

  it.each(INNER)('to %s is refused and never dialled', async (host) => {
    const { proxy, dialled, metrics } = await openProxy({ answers: ANSWERS });
    for (const client of ['go', 'git', 'ssh'] as const) {
      const answer = await askTunnel(urlFor(proxy, client), `${host}:443`);
      expect(answer).toMatchObject({ status: 403, reason: expect.stringMatching(/address not allowed$/) });
    }
    expect(dialled).toEqual([]);
    expect(await metrics.page()).toMatch(/stoa_egress_refused_total\{range="[\w-]+"\} 3/);
  });

  it('to an inner host that the setting names is opened', async () => {
    const places = { '10.1.2.3:22': await echo() };
    const { proxy } = await openProxy({ answers: ANSWERS, allow: ['inner.example'], places });
    expect(await askTunnel(urlFor(proxy, 'ssh'), 'inner.example:22', 'hello')).toMatchObject({ status: 200 });
  });

  it('loses nothing of what a host says before it closes', async () => {
    const size = 8 << 20;
    const host = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(Buffer.alloc(size));
    });
    atEnd(async () => host.close());
    const places = { '93.184.216.34:443': await listening(host) };
    const { proxy } = await openProxy({ answers: ANSWERS, places });
    const socket = await openTunnel(urlFor(proxy, 'git'), 'public.example:443');
    let read = 0;
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      read += chunk.length;
      // A reader slower than the host: at the host's end there is much that waits for it.
      await delay(2);
    }
    expect(read).toBe(size);
  });

  it('says what is wrong with a host that is not there', async () => {
    const { proxy } = await openProxy({ answers: ANSWERS });
    expect(await askTunnel(urlFor(proxy, 'go'), 'nowhere.example:443')).toMatchObject({
      status: 404,
      reason: 'no such host',
    });
    expect(await askTunnel(urlFor(proxy, 'go'), 'public.example:443')).toMatchObject({ status: 502 });
  });

  it.each(['', ':443', 'a b:443', 'user@public.example:443', 'public.example:443/x'])(
    'to %j leads nowhere inside',
    async (target) => {
      const { proxy, dialled } = await openProxy({ answers: ANSWERS });
      await askTunnel(urlFor(proxy, 'go'), target).catch(() => null);
      expect(dialled.filter((one) => one !== '93.184.216.34:443')).toEqual([]);
    },
  );
});

describe('a plain request', () => {
  it('goes to the address that was checked, with all headers but those of the way', async () => {
    const host = await server((_request, response) => response.setHeader('x-answer', '1').end('page'));
    const places = { '93.184.216.34:80': host.url };
    const { proxy, dialled } = await openProxy({ answers: ANSWERS, places });
    const answer = await askPlain(urlFor(proxy, 'git'), 'http://public.example/a?b=c');
    expect(answer).toMatchObject({ status: 200, body: 'page', headers: { 'x-answer': '1' } });
    expect(dialled).toEqual(['93.184.216.34:80']);
    expect(host.asked[0]?.line).toBe('GET /a?b=c');
    expect(host.asked[0]?.headers).toMatchObject({ host: 'public.example', 'x-end': 'end' });
    expect(Object.keys(host.asked[0]?.headers ?? {})).not.toContain('proxy-authorization');
    expect(Object.keys(host.asked[0]?.headers ?? {})).not.toContain('x-hop');
  });

  it('carries a body', async () => {
    const host = await server((request, response) => void request.pipe(response));
    const { proxy } = await openProxy({ answers: ANSWERS, places: { '93.184.216.34:80': host.url } });
    const answer = await askPlain(urlFor(proxy, 'git'), 'http://public.example/', 'POST', 'x'.repeat(200_000));
    expect(answer.body).toHaveLength(200_000);
  });

  it.each(INNER)('to %s is refused and never dialled', async (host) => {
    const { proxy, dialled } = await openProxy({ answers: ANSWERS });
    expect(await askPlain(urlFor(proxy, 'git'), `http://${host}/`)).toMatchObject({
      status: 403,
      body: expect.stringMatching(/address not allowed\n$/),
    });
    expect(dialled).toEqual([]);
  });

  it('is not left to hang by a host that breaks off', async () => {
    const host = await server((_request, response) => response.destroy());
    const { proxy } = await openProxy({ answers: ANSWERS, places: { '93.184.216.34:80': host.url } });
    expect((await askPlain(urlFor(proxy, 'git'), 'http://public.example/')).status).toBe(502);
  });

  it('is not left to hang by a host that goes over to another protocol', async () => {
    const host = await server((_request, response) => {
      response.writeHead(101, { connection: 'upgrade', upgrade: 'other' }).end();
    });
    const { proxy } = await openProxy({ answers: ANSWERS, places: { '93.184.216.34:80': host.url } });
    expect((await askPlain(urlFor(proxy, 'git'), 'http://public.example/')).status).toBe(502);
  });

  it('that is answered in the middle of its body is out of the way of the next one', async () => {
    const host = createServer((socket) => {
      atEnd(async () => socket.destroy());
      socket.on('error', () => socket.destroy());
      socket.once('data', (bytes) => {
        const body = bytes.toString().startsWith('GET') ? 'the next one' : 'enough';
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
        socket.pause();
      });
    });
    atEnd(async () => host.close());
    const { proxy } = await openProxy({ answers: ANSWERS, places: { '93.184.216.34:80': await listening(host) } });
    const { hostname, port, username, password } = urlFor(proxy, 'git');
    const pair = Buffer.from(`${username}:${password}`).toString('base64');
    const head = (method: string, length: number): string =>
      `${method} http://public.example/ HTTP/1.1\r\nHost: public.example\r\nContent-Length: ${length}\r\n` +
      `Proxy-Authorization: Basic ${pair}\r\n\r\n`;
    const part = Buffer.alloc(4 * 1024 * 1024);
    const socket = connect(Number(port), hostname);
    atEnd(async () => socket.destroy());
    socket.write(head('POST', 4 * part.length));
    socket.write(part);
    let text = '';
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      if (text === '') for (const rest of [part, part, part, head('GET', 0)]) socket.write(rest);
      text += chunk.toString();
      if (text.endsWith('the next one')) break;
    }
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n.*enough.*HTTP\/1\.1 200 OK\r\n.*the next one$/s);
  });
});

const page = (root: string): string => `<head><meta name="go-import" content="public.example/x ${root}"></head>`;

/** What go gets of a page that names a root. */
async function askPage(root: string, allow: readonly string[] = []) {
  const host = await server((_request, response) => response.end(page(root)));
  const { proxy } = await openProxy({ answers: ANSWERS, allow, places: { '93.184.216.34:80': host.url } });
  return askPlain(urlFor(proxy, 'go'), 'http://public.example/x?go-get=1');
}

describe('what go is told on plain http', () => {
  it.each(['http://127.0.0.1:3001/', 'https://localhost/', 'http://[::1]:80/x', 'http://127.8.9.1', 'HTTP://0x7f.1'])(
    'is refused when it names a module proxy or a repository on this machine: %s',
    async (root) => {
      expect(await askPage(`mod ${root}`)).toMatchObject({ status: 403 });
      expect(await askPage(`&#109;od ${root}`)).toMatchObject({ status: 403 });
      expect(await askPage(`git ${root}`)).toMatchObject({ status: 403 });
    },
  );

  it('is read here, so it is asked for as it is', async () => {
    const host = await server((_request, response) => response.end(page('git https://public.example/x')));
    const { proxy } = await openProxy({ answers: ANSWERS, places: { '93.184.216.34:80': host.url } });
    await askPlain(urlFor(proxy, 'go'), 'http://public.example/x?go-get=1');
    expect(host.asked[0]?.headers['accept-encoding']).toBe('identity');
  });

  it.each([
    ['a comment', (tag: string) => `<head><!-- ${tag} --></head>`],
    ['a comment without an end', (tag: string) => `<head><!-- ${tag}</head>`],
    ['its body', (tag: string) => `<head></head><BODY class=x>${tag}</BODY>`],
    ['what follows its head', (tag: string) => `<head></head >${tag}`],
  ])('has no import in %s', async (_where, pageOf) => {
    const tag = '<meta name="go-import" content="public.example/x git https://public.example/x">';
    const html = `${tag}${pageOf(tag.replace('https://public', 'https://other'))}`;
    const host = await server((_request, response) => response.end(html));
    const { proxy } = await openProxy({ answers: ANSWERS, places: { '93.184.216.34:80': host.url } });
    const { body } = await askPlain(urlFor(proxy, 'go'), 'http://public.example/x?go-get=1');
    expect(body.match(/git https:[^"]*/g)).toEqual(['git https://public.example/x']);
  });

  it('is passed on when it names another, or what go does not ask by itself', async () => {
    expect((await askPage('mod https://mirror.example/x')).body).toContain(
      'content="public.example/x mod https://mirror',
    );
    expect((await askPage('git ssh://127.0.0.1/x')).body).toContain('public.example/x git ssh://127.0.0.1/x');
    expect((await askPage('mod http://127.0.0.1/', ['127.0.0.1'])).status).toBe(200);
  });

  it.each(['http://127.0.0.1:3001/', '//localhost/x', 'https://[::1]/'])(
    'is refused when it redirects to this machine: %s',
    async (location) => {
      const host = await server((_request, response) => response.writeHead(302, { location }).end());
      const { proxy } = await openProxy({ answers: ANSWERS, places: { '93.184.216.34:80': host.url } });
      const answer = await askPlain(urlFor(proxy, 'go'), 'http://public.example/x');
      expect(answer).toMatchObject({ status: 403 });
      expect(answer.headers.location).toBeUndefined();
    },
  );
});

describe('a caller without the secret', () => {
  it.each(['http://127.0.0.1', 'http://go:wrong@127.0.0.1', 'http://other:secret@127.0.0.1'])(
    'is turned away: %s',
    async (as) => {
      const { proxy, dialled } = await openProxy({ answers: ANSWERS });
      const url = new URL(as.replace('secret', urlFor(proxy, 'go').password));
      url.port = urlFor(proxy, 'go').port;
      expect((await askTunnel(url, 'public.example:443')).status).toBe(407);
      expect((await askPlain(url, 'http://public.example/')).status).toBe(407);
      expect(dialled).toEqual([]);
    },
  );
});
