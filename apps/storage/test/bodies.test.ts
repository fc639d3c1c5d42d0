import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { bodyOf } from '../src/bodies.js';

const SIZE = 4 * 1024 * 1024;

/** Sends a body whose rest follows on its answer, and a request behind it. Gives the answer to that one. */
async function nextAnswer(leave: (body: Readable) => Promise<void>): Promise<string> {
  const server = createServer((request, response) => {
    if (request.method === 'GET') return response.end('the next one');
    return void leave(bodyOf(request)).then(() => response.end('refused'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  try {
    const begun = SIZE / 8;
    socket.write(`PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: ${SIZE}\r\n\r\n`);
    socket.write(Buffer.alloc(begun));
    await once(socket, 'data');
    socket.write(Buffer.alloc(SIZE - begun));
    socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.toString();
  } finally {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  }
}

describe('the body of a request', () => {
  it.each<[string, (body: Readable) => Promise<void>]>([
    ['is not read at all', async () => {}],
    ['is let go of before it is read', async (body) => void body.destroy()],
    [
      'is let go of in its middle',
      async (body) => {
        await once(body, 'readable');
        body.destroy();
      },
    ],
    [
      'is broken off with an error',
      async (body) => {
        body.on('error', () => {});
        await once(body, 'readable');
        body.destroy(new Error('no room'));
      },
    ],
    [
      'is left by whoever reads chunk after chunk',
      async (body) => {
        for await (const _chunk of body) return;
      },
    ],
  ])('that %s leaves a connection on which the next request is answered', async (_what, leave) => {
    expect(await nextAnswer(leave)).toMatch(/^HTTP\/1\.1 200 OK\r\n.*the next one$/s);
  });
});
