import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Metrics } from '#libs/observability';
import { FastPath } from '../src/fast-path.js';
import { LIMITS } from '../src/limits.js';
import { MemoryHits } from '../src/memory-hits.js';
import type { Asked } from '../src/request-context.js';
import { storedHeaders, storedKind } from '../src/replies.js';
import { createAdapter } from '../src/server.js';

const STAT = { size: 9, modified: new Date('2026-01-02T03:04:05Z'), etag: 'tag' };
const BYTES = Buffer.from('{"V":"é"}'.slice(0, 8));
const FILE = '/base/example.com/!mod/@v/v1.0.0.info';
const LARGE = '/base/example.com/!mod/@v/v1.0.0.zip';
/** So short that a connection which the HTTP server believes to be in its first request would not live. */
const SHORT = { ...LIMITS, headers: 1_000, request: 1_000, check: 10 };

const held = new Map([
  ...['example.com/!mod/@v/v1.0.0.info', 'example.com/!mod/@v/list', '.meta/quarantine/x/@v/v1.0.0.zip'].map(
    (key) => [key, { stat: STAT, bytes: BYTES }] as const,
  ),
  ['example.com/!mod/@v/v1.0.0.zip', { stat: { ...STAT, size: 1e6 }, bytes: Buffer.alloc(1e6, 'z') }],
]);
const observed: (Asked & { sent: boolean })[] = [];
/** What reached the HTTP server, by target. */
const routed: string[] = [];
const slow = { asked: Promise.withResolvers<void>(), answer: Promise.withResolvers<void>() };

let port: number;
let fastPath: FastPath;
let close: () => Promise<void>;
let serverSide: Socket;

async function serve(limits: typeof LIMITS): Promise<{ port: number; fastPath: FastPath; close: () => Promise<void> }> {
  const adapter = createAdapter({ basePath: '/base', limits });
  const server = adapter.getInstance();
  const path = new FastPath({
    hits: new MemoryHits((key) => held.get(key) ?? null, '/base'),
    metrics: new Metrics(),
    observe: (asked, { headersSent: sent }) => void observed.push({ ...asked, sent }),
  });
  path.attach(adapter.getHttpServer());
  server.server.on('connection', (socket: Socket) => (serverSide = socket));
  server.server.prependListener('request', ({ url }: IncomingMessage) => routed.push(url ?? ''));
  server.get('/base/slow', async () => {
    slow.asked.resolve();
    await slow.answer.promise;
    return 'slow';
  });
  server.route({
    method: ['GET', 'HEAD', 'POST'],
    url: '/*',
    handler: async (request, reply) => {
      const found = held.get(request.originalUrl.replace('/base/', ''));
      if (!found) return 'another';
      reply.raw.setHeader('x-request-id', request.id);
      return reply.headers(storedHeaders(found.stat, storedKind('info', Infinity, 'memory'))).send(found.bytes);
    },
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    port: (server.server.address() as { port: number }).port,
    fastPath: path,
    close: async () => {
      await server.close();
    },
  };
}

beforeAll(async () => {
  ({ port, fastPath, close } = await serve(LIMITS));
});
beforeEach(() => {
  observed.length = 0;
  routed.length = 0;
});
afterAll(() => close());

const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: stoa\r\n${headers}\r\n`;

/** A connection that has had `before` answers, by default one: from then on the fast path counts. */
async function begin(before = [get(FILE)], at = port): Promise<(bytes: string) => Promise<string>> {
  const socket = connect(at, '127.0.0.1').setNoDelay();
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
  const ask = async (bytes: string): Promise<string> => {
    received = '';
    socket.write(bytes, 'latin1');
    for (;;) {
      const [head, length] = /^[^]*?\r\ncontent-length: (\d+)[^]*?\r\n\r\n/i.exec(received) ?? [''];
      if (head !== '' && received.length >= head.length + Number(length)) return received;
      await once(socket, 'data');
    }
  };
  for (const bytes of before) await ask(bytes);
  routed.length = 0;
  observed.length = 0;
  return ask;
}

/** The lines of an answer in some order, without what differs from one to the next. */
const lastingLines = (answer: string): string[] =>
  answer
    .replaceAll(/(x-request-id|Date): [^\r]+/g, '$1: ...')
    .split('\r\n')
    .toSorted();

describe('a file that memory holds', () => {
  it('is answered as the HTTP server does, byte for byte, and observed', async () => {
    const routedAnswer = await (await begin([]))(get(FILE));
    expect(routed).toEqual([FILE]);
    const ask = await begin();
    const answer = await ask(get(FILE));
    expect(routed).toEqual([]);
    expect(lastingLines(answer)).toEqual(lastingLines(routedAnswer));
    expect(answer.endsWith(`\r\n\r\n${BYTES.toString('latin1')}`)).toBe(true);
    const id = /x-request-id: ([\w-]{36})\r\n/.exec(answer)?.[1];
    const line = { id, method: 'GET', target: FILE, route: 'info', cache: 'memory', fault: null, sent: true };
    expect(observed).toEqual([expect.objectContaining(line)]);
  });

  it('is answered with a query too, which says nothing here', async () => {
    expect(await (await begin())(get(`${FILE}?token=x`))).toContain('x-stoa-cache: memory');
    expect(routed).toEqual([]);
  });

  it.each(['Connection: Keep-Alive', 'Accept-Encoding: gzip', 'User-Agent: Go-http-client/1.1', 'Via: 1.1 a'])(
    'is answered to whoever sends %s',
    async (line) => {
      const ask = await begin([get(FILE, `${line}\r\n`)]);
      expect(await ask(get(FILE, `${line}\r\n`))).toContain('\r\nConnection: keep-alive\r\n');
      expect(routed).toEqual([]);
    },
  );

  it('is answered for as long as requests come, and after all others', async () => {
    const hasty = await serve(SHORT);
    const ask = await begin(undefined, hasty.port);
    const until = performance.now() + 1.5 * SHORT.request;
    while (performance.now() < until) expect(await ask(get(FILE))).toContain(' 200 OK\r\n');
    expect(await ask(get('/base/other'))).toContain('another');
    routed.length = 0;
    expect(await ask(get(FILE))).toContain(' 200 OK\r\n');
    expect(routed).toEqual([]);
    await hasty.close();
  });

  it.each([
    ['my.id', 'my.id'],
    ['\t my.id \t', 'my.id'],
    ['no word', '[\\w-]{36}'],
    ['', '[\\w-]{36}'],
  ])("has the caller's id %j, if it is a word", async (id, expected) => {
    const ask = await begin([get(FILE, 'X-Request-ID: first\r\n')]);
    const answer = await ask(get(FILE, `X-Request-ID:${id}\r\n`));
    expect(answer).toMatch(new RegExp(`\\r\\nx-request-id: ${expected}\\r\\n`));
    expect(routed).toEqual([]);
  });
});

describe('the HTTP server has', () => {
  it.each([
    ['the first request of a connection', [], get(FILE)],
    ['headers that are new', [get(FILE)], get(FILE, 'User-Agent: new\r\n')],
    [
      'two ids',
      [get(FILE, 'X-Request-Id: a\r\nX-Request-Id: b\r\n')],
      get(FILE, 'X-Request-Id: c\r\nX-Request-Id: d\r\n'),
    ],
    ['a file that memory does not hold', undefined, get('/base/example.com/other/@v/v1.0.0.info')],
    ['a large file', undefined, get(LARGE)],
    ['a name that is spelled in another way', undefined, get('/base/example.com/!mod/%40v/v1.0.0.info')],
    ['a last answer, which grows old', undefined, get('/base/example.com/!mod/@v/list')],
    ['what is no file of a module', undefined, get('/base/.meta/quarantine/x/@v/v1.0.0.zip')],
    ['what is below another base path', undefined, get(FILE.replace('/base', ''))],
    ...[
      'Range: bytes=0-1',
      'If-None-Match: "tag"',
      'Authorization: Basic YTpi',
      'Content-Length: 0',
      'Connection: foo',
    ].map((line) => [line, [get(FILE, `${line}\r\n`)], get(FILE, `${line}\r\n`)] as const),
    ['another method', [get(FILE), `POST${get(FILE).slice(3)}`], `POST${get(FILE).slice(3)}`],
    ['another version of HTTP', undefined, get(FILE).replace('HTTP/1.1', 'HTTP/1.0')],
  ] as const)('%s', async (_what, before, bytes) => {
    const ask = await begin(before as string[] | undefined);
    await ask(bytes);
    expect(routed).toHaveLength(1);
    expect(observed).toEqual([]);
  });

  it.each(['a\0b', 'a\x7fb', '\x01'])('an id %j, which is no HTTP', async (id) => {
    const ask = await begin([get(FILE, 'X-Request-Id: a\r\n')]);
    expect(await ask(get(FILE, `X-Request-Id: ${id}\r\n`))).toMatch(/^HTTP\/1\.1 400 /);
    expect(observed).toEqual([]);
  });

  // A limit, for what is read in no time here took seconds.
  it('an id that is all spaces and goes on in the next line', { timeout: 5_000 }, async () => {
    const ask = await begin([get(FILE, 'X-Request-Id: a\r\n')]);
    await ask(get(FILE, `X-Request-Id:${' '.repeat(1_900)}\r\n x\r\n`));
    expect(observed).toEqual([]);
  });

  it('a connection whose requests come in parts or several at once, and answers all in order', async () => {
    for (const cut of [5, FILE.length, get(FILE).length - 2]) {
      const ask = await begin();
      const client = ask(get(FILE).slice(0, cut));
      await once(serverSide, 'data');
      void ask(get(FILE).slice(cut));
      expect(await client).toContain(' 200 OK\r\n');
      expect(routed).toEqual([FILE]);
    }
    const both = await (await begin())(get('/base/other') + get(FILE));
    expect(both.indexOf('another')).toBeGreaterThan(0);
    expect(routed).toEqual(['/base/other', FILE]);
  });

  it('what comes before its last answer', async () => {
    const ask = await begin();
    const answer = ask(get('/base/slow'));
    await slow.asked.promise;
    serverSide.emit('data', Buffer.from(get(FILE)));
    expect(observed).toEqual([]);
    slow.answer.resolve();
    expect(await answer).toMatch(/^HTTP[^]*\r\n\r\nslow/);
  });

  it('a body', async () => {
    const ask = await begin();
    const bytes = get(FILE, `Content-Length: ${get(FILE).length}\r\n`);
    await ask(bytes);
    await ask(get(FILE) + get('/base/other'));
    expect(routed).toEqual([FILE, '/base/other']);
  });
});

describe('answers', () => {
  it('come in the order of their requests, from wherever', async () => {
    const ask = await begin();
    const answers = ask('');
    serverSide.emit('data', Buffer.from(get(FILE)));
    serverSide.emit('data', Buffer.from('nonsense\r\n\r\n'));
    expect(await answers).toMatch(/^HTTP\/1.1 200 OK\r\nx-request-id/);
    expect(observed).toHaveLength(1);
  });

  it('are not taken for sent where the client has left', async () => {
    await begin();
    serverSide.emit('data', Buffer.from(get(FILE)));
    serverSide.destroy();
    await expect.poll(() => observed).toEqual([expect.objectContaining({ route: 'info', sent: false })]);
  });

  it('of a client that takes none are not piled up', async () => {
    await begin();
    serverSide.cork();
    for (let index = 0; index < 2; index++) {
      serverSide.emit('data', Buffer.from(get(FILE)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([observed.length, routed.length]).toEqual([1, 1]);
    serverSide.destroy();
  });

  it('come from the HTTP server once the gateway stops, and end their connection there', async () => {
    const ask = await begin();
    fastPath.stop();
    await ask(get(FILE));
    expect(routed).toEqual([FILE]);
    const socket = connect(port, '127.0.0.1');
    socket.write(get(FILE, 'Connection: close\r\n'));
    expect(await text(socket)).toContain('Connection: close');
  });
});
