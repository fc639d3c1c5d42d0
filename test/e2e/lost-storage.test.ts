import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask, metric, sha256 } from '../support/ask.js';
import { goClient } from '../support/go.js';
import { startMinio, type Minio } from '../support/minio.js';
import type { StoaProcess } from '../support/processes.js';
import { startStack, type Stack } from '../support/stack.js';
import { openTcpLink, type TcpLink } from '../support/tcp-link.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

const SIZE = 8_000_000;
const ZIP = '/example.com/large/@v/v1.0.0.zip';

let minio: Minio;
let link: TcpLink;
let upstream: FakeUpstream;
let stack: Stack;
let gateway: StoaProcess;
let whole: Buffer;

beforeAll(async () => {
  minio = await startMinio();
  link = await openTcpLink(minio.endpoint);
  upstream = await startUpstream();
  upstream.add('example.com/large', 'v1.0.0', { files: { 'large.bin': Buffer.alloc(SIZE, 7) } });
  stack = await startStack({
    gateways: 0,
    env: {
      GOPROXY: upstream.url,
      STOA_STORAGE: 's3',
      STOA_S3_ENDPOINT: minio.endpoint,
      STOA_S3_ACCESS_KEY: minio.accessKey,
      STOA_S3_SECRET_KEY: minio.secretKey,
      STOA_MEMORY_CACHE: '0',
    },
  });
  // The worker has its own way to the server: what is lost is the gateway's.
  gateway = await stack.addGateway({ STOA_S3_ENDPOINT: link.endpoint });
  whole = (await ask(`${gateway.url}${ZIP}`)).bytes;
  await ask(`${gateway.url}/example.com/large/@v/v1.0.0.info`);
});
afterAll(async () => {
  await stack?.close();
  await link?.close();
  await upstream?.close();
  await minio?.stop();
});
afterEach(() => link.mend());

/** What a client gets to read: how many bytes, and whether its connection ended well. */
async function read(response: IncomingMessage): Promise<{ bytes: number; failed: boolean }> {
  let bytes = 0;
  try {
    for await (const chunk of response) bytes += (chunk as Buffer).length;
    return { bytes, failed: false };
  } catch {
    return { bytes, failed: true };
  }
}

async function begin(headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const sent = httpRequest(`${gateway.url}${ZIP}`, { headers }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
}

const counted = (): Promise<number> => metric(gateway.ops, 'stoa_http_requests_total', { route: 'zip', status: '200' });
const expectLog = (id: string) => expect.poll(() => gateway.log.filter(({ requestId }) => requestId === id));

describe('a gateway whose storage is lost in the middle of a body', () => {
  it.each([
    ['a whole file', {}, 200, () => whole.length],
    ['a range', { range: `bytes=1000-${SIZE - 1}` }, 206, () => SIZE - 1000],
  ])('breaks the connection of who reads %s', async (_name, headers, status, length) => {
    link.cutAfter(3_000_000);
    const response = await begin(headers);
    expect([response.statusCode, response.headers['content-length']]).toEqual([status, String(length())]);
    const { bytes, failed } = await read(response);
    expect(failed).toBe(true);
    expect(bytes).toBeLessThan(length());
    link.mend();
    expect(sha256((await ask(`${gateway.url}${ZIP}`)).bytes)).toBe(sha256(whole));
  });

  it('leaves a go command without the module, which then has it from a storage that is back', async () => {
    const go = await goClient({ GOPROXY: gateway.url, GONOSUMDB: '*', GOFLAGS: '-modcacherw' });
    try {
      link.cutAfter(3_000_000);
      const lost = await go.run(['mod', 'download', 'example.com/large@v1.0.0']);
      expect(lost.code).not.toBe(0);
      expect(lost.stdout + lost.stderr).toMatch(/unexpected EOF|connection reset/);
      link.mend();
      expect(await go.run(['mod', 'download', 'example.com/large@v1.0.0'])).toMatchObject({ code: 0 });
    } finally {
      await go.close();
    }
  });

  it('tells the operator by log and metrics, and that a client who leaves is no such case', async () => {
    const before = await counted();
    link.cutAfter(3_000_000);
    await read(await begin({ 'x-request-id': 'lost' }));
    link.mend();
    (await begin({ 'x-request-id': 'left' })).destroy();
    await expectLog('lost').toEqual([
      expect.objectContaining({ level: 'warn', status: 200, msg: 'broken off: the storage failed' }),
    ]);
    await expectLog('left').toEqual([
      expect.objectContaining({ level: 'info', status: 200, msg: 'broken off: the client left' }),
    ]);
    expect(await counted()).toBe(before + 2);
  });
});

describe('a gateway whose storage is lost before the first byte', () => {
  it('refuses in one line, whatever is asked, and serves again when it is back', async () => {
    link.cutAfter(0);
    for (const file of [ZIP, ZIP.replace('.zip', '.info'), ZIP.replace('v1.0.0.zip', 'list')]) {
      const answer = await ask(`${gateway.url}${file}`);
      expect([answer.status, answer.headers.get('retry-after'), answer.text]).toEqual([
        503,
        expect.stringMatching(/^\d+$/),
        'unavailable: the storage can not be reached\n',
      ]);
      const head = await ask(`${gateway.url}${file}`, { method: 'HEAD' });
      expect([head.status, head.text]).toEqual([503, '']);
    }
    link.mend();
    const head = await ask(`${gateway.url}${ZIP}`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(whole.length)]);
  });
});
