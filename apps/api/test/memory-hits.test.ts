import { request as send, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Metrics } from '#libs/observability';
import { MemoryHits } from '../src/memory-hits.js';
import type { Asked } from '../src/request-context.js';
import { createAdapter } from '../src/server.js';

const STAT = { size: 9, modified: new Date('2026-01-02T03:04:05Z'), etag: 'tag' };
const FILE = '/example.com/!mod/@v/v1.0.0.info';
const LONG_WAY = 'the long way';

const held = new Map(
  [FILE, '/example.com/!mod/@v/list', '/.meta/quarantine/x/@v/v1.0.0.zip'].map((path) => [path.slice(1), path]),
);
const observed: Asked[] = [];
let hits: MemoryHits;
const adapter = createAdapter({ basePath: '/base', first: (request, response) => hits.answer(request, response) });
const server = adapter.getInstance();
let port: number;

beforeAll(async () => {
  server.route({ method: ['GET', 'HEAD', 'POST'], url: '/*', handler: async () => LONG_WAY });
  await server.listen({ host: '127.0.0.1', port: 0 });
  port = (server.server.address() as { port: number }).port;
});
beforeEach(() => {
  observed.length = 0;
  hits = new MemoryHits({
    held: (key) => (held.has(key) ? { stat: STAT, bytes: Buffer.from('{"V":"é"}'.slice(0, 8)) } : null),
    basePath: '/base',
    metrics: new Metrics(),
    observe: (asked) => void observed.push(asked),
  });
});
afterAll(() => server.close());

async function ask(
  path: string,
  options: RequestOptions = {},
): Promise<{ headers: IncomingHttpHeaders; body: string }> {
  const request = send({ host: '127.0.0.1', port, path: `/base${path}`, ...options }).end();
  const [response] = await once(request, 'response');
  return { headers: response.headers, body: await text(response) };
}

describe('a file that memory holds', () => {
  it('is answered byte for byte with its headers, and observed', async () => {
    const { headers, body } = await ask(FILE, { headers: { 'x-request-id': 'mine' } });
    expect(body).toBe('{"V":"é"');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '9',
      'cache-control': 'public, max-age=604800',
      'x-stoa-cache': 'memory',
      'x-request-id': 'mine',
      etag: '"tag"',
      'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
      'accept-ranges': 'bytes',
    });
    await expect
      .poll(() => observed)
      .toEqual([expect.objectContaining({ id: 'mine', target: `/base${FILE}`, route: 'info', cache: 'memory' })]);
  });

  it('is answered with a query too, which says nothing here', async () => {
    expect((await ask(`${FILE}?token=x`)).headers['x-stoa-cache']).toBe('memory');
  });
});

describe('the long way goes', () => {
  it.each([
    ['a file that memory does not hold', '/example.com/other/@v/v1.0.0.info', {}],
    ['a name that is spelled in another way', '/example.com/!mod/%40v/v1.0.0.info', {}],
    ['a last answer, which grows old', '/example.com/!mod/@v/list', {}],
    ['what is no file of a module', '/.meta/quarantine/x/@v/v1.0.0.zip', {}],
    ['another method', FILE, { method: 'POST' }],
    ['a HEAD', FILE, { method: 'HEAD' }],
    ['a part', FILE, { headers: { range: 'bytes=0-1' } }],
    ['a condition', FILE, { headers: { 'if-none-match': '"tag"' } }],
  ])('%s', async (_what, path, options) => {
    const { headers } = await ask(path, options);
    expect([headers['content-length'], headers['x-stoa-cache']]).toEqual([String(LONG_WAY.length), undefined]);
    expect(observed).toEqual([]);
  });

  it('what is below another base path', async () => {
    expect((await ask('', { path: FILE })).body).toBe(LONG_WAY);
  });

  it('a malformed message', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET /base${FILE} HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n`);
    expect(await text(socket)).toContain(LONG_WAY);
  });

  it('all that comes once the gateway stops', async () => {
    hits.stop();
    expect((await ask(FILE)).body).toBe(LONG_WAY);
  });
});
