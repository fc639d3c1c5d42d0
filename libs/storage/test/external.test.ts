import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readBody, type PutOptions } from '#libs/storage';
import { startForwardProxy } from '../../../test/support/forward-proxy.js';
import { gitCertificate } from '../../../test/support/git-certificate.js';
import { startSocksProxy } from '../../../test/support/socks-proxy.js';
import { connect } from '../src/external/connect.js';
import { ExternalObjectStore, hasObjects } from '../src/external/external.object-store.js';
import { StorageLink } from '../src/external/storage-link.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const MARK = { 'stoa-storage': '1' };
const PATIENT = { connect: 30_000, idle: 30_000, commit: 30_000 };
/** For what never comes. Whoever is to be given an answer is not hurried: this machine may be slow. */
const HASTY = { connect: 5000, idle: 200, commit: 200 };

let server: Server;
let answer: Answer;
let url: URL;
let link: StorageLink;
let hasty: StorageLink;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/base`);
  link = new StorageLink({ url, token: 'secret', network: {} });
  hasty = new StorageLink({ url, network: {} }, HASTY);
});
afterAll(async () => {
  await link.close();
  await hasty.close();
  server.closeAllConnections();
  server.close();
});

const status =
  (code: number, headers: Record<string, string> = {}, body = ''): Answer =>
  (_request, response) =>
    void response.writeHead(code, headers).end(body);

function linkBy(proxy: string, { scheme = 'http', limits = {}, env = {} } = {}): StorageLink {
  const network = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, ...env };
  return new StorageLink({ url: new URL(`${scheme}://storage.example.com`), network }, { ...PATIENT, ...limits });
}

function secure(network: Record<string, string>): StorageLink {
  return new StorageLink({ url: new URL('https://storage.example.com'), network });
}

describe('what a storage server offers', () => {
  it('is asked for at its base URL, with the token', async () => {
    const asked: unknown[] = [];
    answer = (request, response) => {
      asked.push([request.method, request.url, request.headers.authorization]);
      response.writeHead(200, MARK).end('{"objects":[],"more":false}');
    };
    expect(await hasObjects(link)).toBe(true);
    expect(asked).toEqual([['GET', '/base/-/objects?limit=0', 'Bearer secret']]);
  });

  it.each([
    ['not found', status(404, {}, '404 page not found\n')],
    ['another method', status(405)],
    ['a page for whatever is asked', status(200, { 'content-type': 'text/html' }, '<html>Welcome</html>')],
    ['a list in our shape without the mark', status(200, {}, '{"objects":[],"more":false}')],
    ['a mark of a later protocol', status(200, { 'stoa-storage': '2' }, '{}')],
    ['an error with the mark', status(404, MARK)],
  ])('is the six basic routes where the answer is %s', async (_, given) => {
    answer = given;
    expect(await hasObjects(link)).toBe(false);
  });

  it.each([
    ['fails', status(500), 'busy', 'the storage fails'],
    ['is away behind its balancer', status(503), 'busy', 'the storage fails'],
    ['wants another token', status(401), 'busy', 'the storage denies access'],
    ['leads elsewhere', status(302, { location: 'http://a.example' }), 'busy', 'the storage fails'],
    ['hangs up', (request: IncomingMessage) => void request.socket.destroy(), 'busy', 'the storage can not be reached'],
  ])('is not guessed while the server %s', async (_, given, kind, message) => {
    answer = given;
    await expect(hasObjects(link)).rejects.toMatchObject({ kind, message });
  });

  it('is not guessed while the server hangs', async () => {
    answer = () => {};
    await expect(hasObjects(hasty)).rejects.toMatchObject({ kind: 'timeout', message: 'the storage does not answer' });
  });

  it('needs a folder beside the six basic routes, and says so', async () => {
    answer = status(404);
    await expect(connect({ kind: 'external', url, network: {} }, { writes: true })).rejects.toThrow(
      /^STOA_META_ROOT: is not set, and the storage server has the six basic routes alone/,
    );
  });

  it('is found through a proxy and with an own certificate, as the environment names them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stoa-tls-'));
    const certificate = await gitCertificate(folder);
    const proxy = await startForwardProxy(async ({ target, response }) => {
      response.writeHead(target.href === 'https://storage.example.com/-/objects?limit=0' ? 200 : 500, MARK).end();
    }, certificate);
    const [trusting, doubting] = [secure({ ...proxy.env, SSL_CERT_FILE: certificate.file }), secure(proxy.env)];
    expect(await hasObjects(trusting)).toBe(true);
    await expect(hasObjects(doubting)).rejects.toMatchObject({
      kind: 'busy',
      message: 'the storage can not be reached',
    });
    await Promise.all([trusting.close(), doubting.close(), proxy.close(), rm(folder, { recursive: true })]);
  });
});

describe('a SOCKS5 proxy of the environment', () => {
  it.each(['http', 'https'] as const)('leads to an %s server, by its name and with credentials', async (scheme) => {
    const folder = await mkdtemp(join(tmpdir(), 'stoa-tls-'));
    const certificate = await gitCertificate(folder);
    const tls = createTlsServer(certificate, (request, response) => answer(request, response)).listen(0, '127.0.0.1');
    await once(tls, 'listening');
    const behind = scheme === 'http' ? url.href : `https://127.0.0.1:${(tls.address() as AddressInfo).port}`;
    const proxy = await startSocksProxy(behind, 'me');
    const far = linkBy(proxy.url.replace('://', '://me:secret@'), { scheme, env: { SSL_CERT_FILE: certificate.file } });
    answer = status(200, MARK, '{}');
    expect(await hasObjects(far)).toBe(true);
    expect(proxy.asked).toEqual([`storage.example.com:${scheme === 'https' ? 443 : 80}`]);
    await far.close();
    await proxy.close();
    tls.close();
    await rm(folder, { recursive: true });
  });

  it('that is not there, or refuses, is a storage that can not be reached', async () => {
    const proxy = await startSocksProxy(url.href, 'somebody');
    const stranger = linkBy(proxy.url.replace('://', '://me:secret@'));
    const lost = { kind: 'busy', message: 'the storage can not be reached' };
    await expect(hasObjects(stranger)).rejects.toMatchObject(lost);
    await proxy.close();
    const nowhere = linkBy(proxy.url);
    await expect(hasObjects(nowhere)).rejects.toMatchObject(lost);
    await Promise.all([stranger.close(), nowhere.close()]);
  });

  it('that says nothing, and a server behind one that does not, are a timeout', async () => {
    const silent = createTcpServer((socket) => void socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const at = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const proxy = await startSocksProxy(`http://${at}`);
    const links = [
      linkBy(`socks5://${at}`, { limits: { connect: 200 } }),
      linkBy(proxy.url, { limits: { idle: 200 } }),
    ];
    for (const silence of links)
      await expect(hasObjects(silence)).rejects.toMatchObject({
        kind: 'timeout',
        message: 'the storage does not answer',
      });
    await Promise.all(links.map((one) => one.close()));
    await proxy.close();
    silent.close();
  });
});

describe('ExternalObjectStore and a server that misbehaves', () => {
  let store: ExternalObjectStore;
  beforeEach(() => {
    store = new ExternalObjectStore(link);
  });
  const hurry = (): void => void (store = new ExternalObjectStore(hasty));

  const head = { ...MARK, etag: '"abc"', 'last-modified': new Date(0).toUTCString() };
  const put = (mode: PutOptions['mode'] = 'create'): Promise<boolean> =>
    store.put('a/x', Buffer.from('x'), { size: 1, mode });
  const keys = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of store.list('a/')) found.push(key);
    return found;
  };
  const operations: Record<string, () => Promise<unknown>> = {
    get: () => store.get('a/x'),
    stat: () => store.stat('a/x'),
    create: () => put(),
    replace: () => put('replace'),
    list: keys,
    delete: () => store.delete('a/x'),
    check: () => store.check(),
  };

  it('takes only the word of the storage server itself for an absence', async () => {
    answer = status(404, MARK);
    expect([await store.get('a/x'), await store.stat('a/x')]).toEqual([null, null]);
    // A proxy on the way that has lost its backend.
    answer = status(404, {}, 'default backend - 404');
    for (const name of Object.keys(operations))
      await expect(operations[name]!(), name).rejects.toMatchObject({
        kind: 'busy',
        message: 'the storage is not there',
      });
  });

  it.each([
    [503, 'busy', 'the storage fails'],
    [507, 'busy', 'the storage is full'],
    [504, 'timeout', 'the storage does not answer'],
    [403, 'busy', 'the storage denies access'],
    [409, 'busy', 'the storage fails'],
  ])('refuses every operation while the server answers %d', async (code, kind, message) => {
    answer = status(code, MARK);
    for (const name of Object.keys(operations).filter((one) => code !== 409 || one !== 'check'))
      await expect(operations[name]!(), name).rejects.toMatchObject({ kind, message });
  });

  it('says timeout when there is no answer', async () => {
    hurry();
    answer = () => {};
    const timeout = { kind: 'timeout', message: 'the storage does not answer' };
    await Promise.all(
      Object.entries(operations).map(([name, run]) => expect(run(), name).rejects.toMatchObject(timeout)),
    );
  });

  it.each([1000, 200_000])('fails a body of %d bytes that ends short, or stops flowing', async (length) => {
    for (const broken of [true, false]) {
      if (!broken) hurry();
      answer = (_, response) => {
        response.writeHead(200, { ...head, 'content-length': length });
        response.write(Buffer.alloc(length - 1), () => broken && response.destroy());
      };
      await expect(store.get('a/x').then((found) => readBody(found!.body))).rejects.toThrow();
    }
  });

  it.each([
    ['breaks off', true, 'busy', 'the storage can not be reached'],
    ['stops', false, 'timeout', 'the storage does not answer'],
  ])('refuses what %s in the middle of a small answer', async (_, breaks, kind, message) => {
    if (!breaks) hurry();
    answer = (_request, response) => {
      response.writeHead(200, { ...head, 'content-length': 10 });
      response.write('{', () => breaks && response.destroy());
    };
    for (const name of ['get', 'list'])
      await expect(operations[name]!(), name).rejects.toMatchObject({ kind, message });
  });

  it('waits for nothing of what a refusal says besides', async () => {
    const listening = new StorageLink({ url, network: {} }, { ...PATIENT, idle: 0 });
    store = new ExternalObjectStore(listening);
    answer = (_, response) => void response.writeHead(503, { 'content-length': 10 }).write('{');
    await expect(store.get('a/x')).rejects.toMatchObject({ kind: 'busy', message: 'the storage fails' });
    await listening.close();
  });

  it('refuses a server without lengths, without ranges, and with lists of another shape', async () => {
    answer = (_, response) => void response.writeHead(200, head).write('chunked', () => response.end());
    await expect(store.get('a/x')).rejects.toThrow('the server does not say length');
    answer = status(200, { ...head, 'content-length': '10' }, '0123456789');
    await expect(store.get('a/x', { start: 2, end: 3 })).rejects.toThrow('ignores ranges');
    for (const page of ['{}', '{"objects":[{"key":1}],"more":false}', '{"objects":[],"more":true}']) {
      answer = status(200, MARK, page);
      await expect(keys()).rejects.toThrow('a list in another shape');
    }
  });

  it('asks once more when a connection broke', async () => {
    let calls = 0;
    answer = (request, response) => {
      if (++calls % 2 === 1) request.socket.destroy();
      else response.writeHead(200, { ...head, 'content-length': 2 }).end('ok');
    };
    expect(await readBody((await store.get('a/x'))!.body)).toEqual(Buffer.from('ok'));
  });

  it('looks, then tries again, when a connection broke under a create', async () => {
    const seen: string[] = [];
    answer = ({ method = '', socket }, response) => {
      seen.push(method);
      if (method === 'PUT' && seen.length === 1) socket.destroy();
      else response.writeHead(method === 'PUT' ? 201 : 404, MARK).end();
    };
    expect(await put()).toBe(true);
    expect(seen).toEqual(['PUT', 'HEAD', 'PUT']);
  });
});
