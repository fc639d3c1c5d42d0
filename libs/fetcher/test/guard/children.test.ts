import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DirectFetcher } from '../../src/direct/direct.fetcher.js';
import { goConfig } from '../direct/direct-setup.js';
import { atEnd, refusal } from '../fetching.js';
import { certificate, listening } from '../world.js';
import { openProxy, server, type World } from './proxying.js';

const PUBLIC = { 'public.example': [['93.184.216.34']], 'inner.example': [['10.1.2.3']] };
const signal = new AbortController().signal;

interface Host {
  readonly tls: boolean;
  /** GOINSECURE. */
  readonly insecure: string;
  /** Where it leads to in place of a page, over TLS. */
  readonly redirect: string;
}

/** The go command behind a forward proxy, and a host on public.example whose page names a repository. */
async function setUp(
  root: string,
  { tls = false, insecure = tls ? '' : '*', redirect, ...world }: World & Partial<Host> = {},
) {
  const dataDir = await mkdtemp(join(tmpdir(), 'guarded-'));
  atEnd(() => rm(dataDir, { recursive: true, force: true }));
  const { file, tls: keys } = await certificate();
  const page = `<head><meta name="go-import" content="mirror.example/x ${root}"></head>`;
  const secure = createTlsServer(keys, (_request, response) => {
    if (redirect) response.writeHead(302, { location: redirect });
    response.end(page);
  });
  atEnd(async () => {
    secure.close();
    secure.closeAllConnections();
  });
  const plain = await server((_request, response) => response.end(page));
  const places = {
    '93.184.216.34:443': tls ? await listening(secure) : 'http://127.0.0.1:1',
    '93.184.216.34:80': plain.url,
    ...world.places,
  };
  const answers = { ...PUBLIC, 'mirror.example': [['93.184.216.34']], ...world.answers };
  const opened = await openProxy({ ...world, answers, places });
  const fetcher = new DirectFetcher({
    go: goConfig({ SSL_CERT_FILE: file }, { GOINSECURE: insecure }),
    // Without a setting about it git speaks no ssh.
    vcs: { sshKnownHostsFile: '/dev/null' },
    dataDir,
    concurrency: 1,
    vcsCache: Infinity,
    metrics: opened.metrics,
    proxy: opened.proxy,
  });
  return { ...opened, fetcher, list: () => fetcher.list('mirror.example/x', { signal }) };
}

/** A server of this machine that must not be asked: it counts the connections to it. */
async function canary() {
  const connections: Socket[] = [];
  const started = createServer((socket) => {
    connections.push(socket);
    socket.end();
  });
  atEnd(async () => started.close());
  return { url: await listening(started), connections };
}

describe('git', () => {
  it.each(['https', 'http'])('does not reach an inner host that a page names over %s', async (scheme) => {
    const { list, dialled } = await setUp(`git ${scheme}://inner.example/x`);
    expect(await refusal(list())).toEqual({
      kind: 'forbidden',
      message: 'mirror.example/x: host inner.example: address not allowed',
    });
    expect(dialled.filter((one) => !one.startsWith('93.184.216.34:'))).toEqual([]);
  });

  it.each(['127.0.0.1', 'localhost', '[::1]', '127.1', '0x7f.1', '2130706433'])(
    'does not reach this machine as %s',
    async (host) => {
      const { url, connections } = await canary();
      const { list, dialled } = await setUp(`git http://${host}:${new URL(url).port}/x`, {
        answers: { localhost: [['127.0.0.1']] },
      });
      expect((await refusal(list())).message).toMatch(/^mirror\.example\/x: (host localhost: )?address not allowed$/);
      expect(connections).toEqual([]);
      expect(dialled.filter((one) => !one.startsWith('93.184.216.34:'))).toEqual([]);
    },
  );

  it('does not follow a redirect to an inner host', async () => {
    const host = await server((_request, response) =>
      response.writeHead(302, { location: 'http://inner.example/x/info/refs?service=git-upload-pack' }).end(),
    );
    const { list, dialled } = await setUp('git http://public.example:8080/x', {
      places: { '93.184.216.34:8080': host.url },
    });
    expect((await refusal(list())).kind).toBe('forbidden');
    expect(host.asked).toHaveLength(1);
    expect(dialled.filter((one) => !one.startsWith('93.184.216.34:'))).toEqual([]);
  });

  it('is told by go where a host may be, when the setting names it', async () => {
    const host = await server((_request, response) => response.writeHead(404).end());
    const { list } = await setUp('git http://inner.example/x', {
      allow: ['inner.example'],
      places: { '10.1.2.3:80': host.url },
    });
    expect((await refusal(list())).kind).toBe('not-found');
    expect(host.asked[0]?.line).toBe('GET /x/info/refs?service=git-upload-pack');
  });
});

describe('go', () => {
  it.each(['127.0.0.1/x', '127.1/x', '10.0.0.5/x', '169.254.169.254/latest'])(
    'is not even started for %s',
    async (module) => {
      const { fetcher, dialled, metrics } = await setUp('git https://public.example/x');
      expect(await refusal(fetcher.list(module, { signal }))).toEqual({
        kind: 'forbidden',
        message: `${module}: address not allowed`,
      });
      expect(dialled).toEqual([]);
      expect(await metrics.page()).not.toContain('stoa_go_commands_total{');
    },
  );

  it('does not reach an inner host that is a module path', async () => {
    const { fetcher, dialled } = await setUp('git https://public.example/x', { tls: true });
    expect(await refusal(fetcher.list('inner.example/x', { signal }))).toEqual({
      kind: 'forbidden',
      message: 'inner.example/x: host inner.example: address not allowed',
    });
    expect(dialled).toEqual([]);
  });

  it('learns that a host does not exist', async () => {
    const { fetcher } = await setUp('git https://public.example/x', { tls: true });
    expect(await refusal(fetcher.list('nowhere.example/x', { signal }))).toEqual({
      kind: 'not-found',
      message: 'nowhere.example/x: no such host',
    });
  });

  it('does not reach an inner module proxy that a page names', async () => {
    const { list, dialled } = await setUp('mod https://inner.example/', { tls: true });
    expect((await refusal(list())).kind).toBe('forbidden');
    expect(dialled.filter((one) => !one.startsWith('93.184.216.34:'))).toEqual([]);
  });

  it.each(['127.0.0.1', 'localhost', '[::1]'])('does not ask a module proxy on this machine, %s', async (host) => {
    const { url, connections } = await canary();
    const { list } = await setUp(`mod http://${host}:${new URL(url).port}/`, { tls: true });
    expect(await refusal(list())).toEqual({
      kind: 'forbidden',
      message: 'mirror.example/x: plain http is not allowed',
    });
    expect(connections).toEqual([]);
  });

  it('does not ask a module proxy on this machine for a module that may come without TLS', async () => {
    const { url, connections } = await canary();
    const { list } = await setUp(`mod ${url}/`);
    expect(await refusal(list())).toEqual({ kind: 'forbidden', message: 'mirror.example/x: address not allowed' });
    expect(connections).toEqual([]);
  });
});

describe('go, for a module that may come without TLS from a host that has it,', () => {
  const host = { tls: true, insecure: '*' };

  it.each(['127.0.0.1', 'localhost'])('does not ask a module proxy on this machine, %s', async (name) => {
    const { url, connections } = await canary();
    const { list } = await setUp(`mod http://${name}:${new URL(url).port}/`, host);
    expect(await refusal(list())).toEqual({
      kind: 'forbidden',
      message: 'mirror.example/x: plain http is not allowed',
    });
    expect(connections).toEqual([]);
  });

  it('is not led to this machine', async () => {
    const { url, connections } = await canary();
    const { list } = await setUp('git https://public.example/x', { ...host, redirect: `${url}/x?go-get=1` });
    expect((await refusal(list())).kind).toBe('forbidden');
    expect(connections).toEqual([]);
  });

  it('is led to no host whose pages nobody reads here, once it is asked over plain HTTP', async () => {
    const page = await server((_request, response) =>
      response.writeHead(302, { location: 'https://public.example/x?go-get=1' }).end(),
    );
    const { list, dialled } = await setUp('', { places: { '93.184.216.34:80': page.url } });
    expect((await refusal(list())).kind).toBe('upstream');
    expect(dialled.filter((place) => place === '93.184.216.34:443')).toHaveLength(1);
  });
});

describe('ssh', () => {
  it.each(['inner.example', '127.0.0.1'])('does not reach %s', async (host) => {
    const { list, dialled } = await setUp(`git ssh://git@${host}/x`);
    expect((await refusal(list())).message).toMatch(
      /^mirror\.example\/x: (host inner\.example: )?address not allowed$/,
    );
    expect(dialled.filter((one) => !one.startsWith('93.184.216.34:'))).toEqual([]);
  });

  it('reaches a public host through the forward proxy', async () => {
    const heard = Promise.withResolvers<string>();
    const host = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', (bytes: Buffer) => {
        heard.resolve(bytes.toString());
        socket.destroy();
      });
    });
    atEnd(async () => host.close());
    const { list } = await setUp('git ssh://git@public.example:2222/x', {
      places: { '93.184.216.34:2222': await listening(host) },
    });
    expect((await refusal(list())).kind).toBe('upstream');
    expect(await heard.promise).toMatch(/^SSH-2\.0-/);
  });
});
