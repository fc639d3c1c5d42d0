import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as after } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../src/limits.js';
import { startSlowServer } from './slow-server.js';

/** As far as the tests can wait: a client that sends or takes nothing reaches each of them. */
const SHORT = { ...LIMITS, headers: 1_000, request: 1_500, check: 20, keepAlive: 100, unread: 2_000 };
/** More than what the kernel takes ahead of a reader. */
const LARGE = Buffer.alloc(32 * 1024 * 1024, 1);

const { server, port, asked, answer } = await startSlowServer(
  { basePath: '', limits: SHORT },
  { '/small': 'small', '/large': LARGE },
);
afterAll(() => server.close());

async function send(bytes: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: stoa\r\n\r\n`;

describe('a client is cut off', () => {
  it('in plain text, who says nothing, or does not end its headers or its body', async () => {
    const unended = ['', 'GET /small HTTP/1.1\r\nHost: st', `GET /small HTTP/1.1\r\nHost: stoa\r\nContent-Le`];
    const bodiless = 'GET /small HTTP/1.1\r\nHost: stoa\r\nContent-Length: 5\r\n\r\nab';
    const [body, ...cut] = await Promise.all([bodiless, ...unended].map(async (bytes) => text(await send(bytes))));
    for (const said of cut) {
      expect(said).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\nContent-Type: text\/plain/);
      expect(said).toMatch(/\r\n\r\nbad request: request timeout\n$/);
    }
    expect(body).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*small/);
  });

  it('who keeps its connection for longer than it may', async () => {
    expect(await text(await send(get('/small')))).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it('who does not take its answer', async () => {
    const connection = once(server.server, 'connection') as Promise<[Socket]>;
    const client = connect(port, '127.0.0.1').pause();
    client.on('error', () => client.destroy());
    client.write(get('/large'));
    const [socket] = await connection;
    await once(socket, 'close');
    expect(socket.bytesWritten).toBeGreaterThan(0);
    client.destroy();
  });
});

describe('a client is not cut off', () => {
  it('who waits for its answer to begin', async () => {
    const connection = once(server.server, 'connection') as Promise<[Socket]>;
    const client = await send(get('/slow'));
    const [socket] = await connection;
    await asked;
    await once(socket, 'timeout');
    answer.resolve();
    expect(await text(client)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*slow$/);
  });

  it('who reads, however slowly, for longer than a pause may last', async () => {
    const client = await send(get('/large'));
    let bytes = 0;
    for await (const chunk of client as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes >= LARGE.length) break;
      await after(SHORT.unread / 250); // some 500 of them
    }
    expect(bytes).toBeGreaterThanOrEqual(LARGE.length);
  });
});
