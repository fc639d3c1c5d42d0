import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Refusal } from '#libs/protocol';
import type { UpstreamLimits } from '#libs/fetcher';
import { atEnd, context, fetcher, refusal, upstream } from './fetching.js';
import { listening } from './world.js';

const VERSION = { module: 'example.com/m', version: 'v1.0.0' };
const MOD = 'module example.com/m\n';
const SMALL: Partial<UpstreamLimits> = { dripWindow: 50, dripBytes: 1000 };

/** An upstream of bytes: says what a test writes to each connection that has sent a request. */
async function raw(answer: (socket: Socket) => void, limits: Partial<UpstreamLimits> = {}) {
  const closed: Promise<unknown>[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    closed.push(new Promise((resolve) => socket.once('close', resolve)));
    socket.on('data', () => answer(socket));
    atEnd(async () => socket.destroy());
  });
  atEnd(async () => server.close());
  return { fetch: fetcher({ GOPROXY: await listening(server), limits }), closed, job: await context() };
}

/** Writes a piece every few milliseconds until the connection is closed. */
function drip(socket: Socket, piece: string): void {
  const timer = setInterval(() => socket.write(piece), 5);
  socket.on('close', () => clearInterval(timer));
}

const HEAD = 'HTTP/1.1 200 OK\r\n';

describe('an upstream', () => {
  const cases: [string, (socket: Socket) => void, Partial<UpstreamLimits>, Refusal['kind'], string][] = [
    [
      'resets before the status',
      (socket) => socket.resetAndDestroy(),
      {},
      'upstream',
      'can not be reached (ECONNRESET)',
    ],
    [
      'ends within the headers',
      (socket) => socket.end(`${HEAD}Content-`),
      {},
      'upstream',
      'can not be reached (UND_ERR_SOCKET)',
    ],
    [
      'resets after the headers',
      (socket) => {
        socket.write(`${HEAD}Content-Length: 21\r\n\r\n`, () => socket.resetAndDestroy());
      },
      {},
      'upstream',
      'the answer of the upstream is truncated',
    ],
    [
      'speaks no HTTP',
      (socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'),
      {},
      'upstream',
      'the upstream answers with something that is no HTTP',
    ],
    [
      'sends headers without end',
      (socket) => socket.write(`${HEAD}X: ${'x'.repeat(100_000)}`),
      {},
      'upstream',
      'can not be reached (UND_ERR_HEADERS_OVERFLOW)',
    ],
    [
      'drips its headers',
      (socket) => drip(socket, 'H'),
      {},
      'upstream',
      'the upstream answers with something that is no HTTP',
    ],
    [
      'drips header after header',
      (socket) => {
        socket.write(HEAD);
        drip(socket, 'X: y\r\n');
      },
      { headersTimeout: 50, zipHeadersTimeout: 50 },
      'timeout',
      'the upstream does not answer in time',
    ],
    [
      'breaks off a chunk',
      (socket) => socket.end(`${HEAD}Transfer-Encoding: chunked\r\n\r\n10\r\nmodule`),
      {},
      'upstream',
      'the answer of the upstream is truncated',
    ],
    [
      'breaks off after a chunk',
      (socket) => socket.end(`${HEAD}Transfer-Encoding: chunked\r\n\r\n6\r\nmodule\r\n`),
      {},
      'upstream',
      'the answer of the upstream is truncated',
    ],
    [
      'sends less than its length',
      (socket) => socket.end(`${HEAD}Content-Length: 30\r\n\r\n${MOD}`),
      {},
      'upstream',
      'the answer of the upstream is truncated',
    ],
    [
      'drips a file',
      (socket) => {
        socket.write(`${HEAD}Content-Length: 1000000\r\n\r\n`);
        drip(socket, 'P');
      },
      SMALL,
      'upstream',
      'the upstream sends too slowly',
    ],
    [
      'drips a file in chunks',
      (socket) => {
        socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
        drip(socket, '1\r\nP\r\n');
      },
      SMALL,
      'upstream',
      'the upstream sends too slowly',
    ],
  ];
  test.each(cases)('that %s is refused, and leaves nothing open', async (_name, answer, limits, kind, reason) => {
    const { fetch, closed, job } = await raw(answer, limits);
    for (const fetching of [() => fetch.mod(VERSION, job), () => fetch.zip(VERSION, job)]) {
      const { kind: found, message } = await refusal(fetching());
      expect(found).toBe(kind);
      expect(message).toContain(reason);
    }
    await Promise.all(closed);
    expect(await readdir(job.scratch)).toEqual([]);
  });

  test('that drips an error page is taken at its status', async () => {
    const { fetch, closed, job } = await raw((socket) => {
      socket.write('HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 1000000\r\n\r\ngone ');
      drip(socket, 'gone ');
    }, SMALL);
    const { kind, message } = await refusal(fetch.mod(VERSION, job));
    expect(kind).toBe('not-found');
    expect(message).toMatch(/^example\.com\/m@v1\.0\.0: (gone ?)+$/);
    await Promise.all(closed);
  });

  test('that sends an endless error page is taken at its status', async () => {
    const { fetch, closed, job } = await raw((socket) => {
      socket.write('HTTP/1.1 403 Forbidden\r\n\r\n');
      const more = (): void => void (socket.writable && socket.write('x'.repeat(50_000), more));
      more();
    });
    expect((await refusal(fetch.mod(VERSION, job))).kind).toBe('forbidden');
    await Promise.all(closed);
  });

  test('that is slow but steady is listened to', async () => {
    const limits = { dripWindow: 20, dripBytes: 20 };
    const { fetch, job } = await raw((socket) => {
      let left = 30;
      socket.write(`${HEAD}Content-Length: ${30 * 1000 + MOD.length}\r\n\r\n${MOD}`);
      const timer = setInterval(() => {
        socket.write(' '.repeat(1000));
        if (--left === 0) clearInterval(timer);
      }, 5);
      socket.on('close', () => clearInterval(timer));
    }, limits);
    expect((await fetch.mod(VERSION, job)).bytes).toHaveLength(30 * 1000 + MOD.length);
  });

  test.each(['gzip', 'Br', 'zstd, identity'])(
    'that encodes a file as %s, which nobody asked for, is refused',
    async (coding) => {
      const bytes = gzipSync('v1.0.0\n');
      const { fetch, job } = await raw((socket) => {
        socket.write(`${HEAD}Content-Encoding: ${coding}\r\nContent-Length: ${bytes.length}\r\n\r\n`);
        socket.write(bytes);
      });
      const { kind, message } = await refusal(fetch.list(VERSION.module, job));
      expect([kind, message]).toEqual([
        'upstream',
        'example.com/m: the upstream encodes its answer in a way that was not asked for',
      ]);
    },
  );

  test('that says of a file that it is not encoded is believed', async () => {
    const { fetch, job } = await raw((socket) =>
      socket.end(`${HEAD}Content-Encoding: Identity\r\nContent-Length: 7\r\n\r\nv1.0.0\n`),
    );
    expect(await fetch.list(VERSION.module, job)).toEqual(['v1.0.0']);
  });

  test('that says something first (103) is waited for', async () => {
    const { fetch, job } = await raw((socket) => {
      socket.write('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n');
      socket.write(`${HEAD}Content-Length: ${MOD.length}\r\n\r\n${MOD}`);
    });
    expect((await fetch.mod(VERSION, job)).bytes.toString()).toBe(MOD);
  });

  test('that ends a file by ending the connection is believed', async () => {
    const { fetch, job } = await raw((socket) => socket.end(`${HEAD}\r\n${MOD}`));
    expect((await fetch.mod(VERSION, job)).bytes.toString()).toBe(MOD);
  });
});

describe('a large zip', () => {
  const LARGE = Buffer.alloc(20 << 20, 'PK and so on ');

  test('lands whole in the scratch folder', async () => {
    const source = await upstream();
    source.addFile('/example.com/m/@v/v1.0.0.zip', LARGE);
    const { zip } = await fetcher({ GOPROXY: source.url }).zip(VERSION, await context());
    expect(zip.size).toBe(LARGE.length);
    expect(LARGE.equals(await readFile(zip.path))).toBe(true);
  });
});

describe('an origin', () => {
  test('gets no more connections than the limit', async () => {
    const source = (await upstream({ latency: 5 })).add(VERSION.module, VERSION.version);
    const ports = new Set<number | undefined>();
    source.respond('/', (request, _response, serve) => {
      ports.add(request.socket.remotePort);
      serve();
    });
    const fetch = fetcher({ GOPROXY: source.url, limits: { connections: 2 } });
    const job = await context();
    await Promise.all(Array.from({ length: 20 }, () => fetch.mod(VERSION, job)));
    expect(source.requests).toHaveLength(20);
    expect(ports.size).toBe(2);
  });
});
