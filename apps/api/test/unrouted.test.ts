import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { startSlowServer } from './slow-server.js';

const { server, port, asked, answer } = await startSlowServer({ basePath: '' });
afterAll(() => server.close());

const CONNECT = 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n';

describe('a client that asks for a tunnel', () => {
  it('can not keep the connection after its refusal', async () => {
    const connection = once(server.server, 'connection') as Promise<[Socket]>;
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    client.write(CONNECT);
    const [socket] = await connection;
    const closed = once(socket, 'close');
    expect(await text(client)).toMatch(/^HTTP\/1\.1 405 Method Not Allowed\r\n/);
    await closed;
    client.destroy();
  });

  it('is refused after the answer to what it asked before', async () => {
    const client = connect(port, '127.0.0.1');
    client.write(`GET /slow HTTP/1.1\r\nHost: stoa\r\n\r\n`);
    await asked;
    const connected = once(server.server, 'connect');
    client.write(CONNECT);
    await connected;
    answer.resolve();
    expect(await text(client)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*slowHTTP\/1\.1 405 Method Not Allowed\r\n/);
  });
});
