import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer, request, type IncomingMessage } from 'node:http';
import { connect, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startSocksProxy, type SocksProxy } from '../../../test/support/socks-proxy.js';
import { atEnd, folder } from './fetching.js';

/** A certificate of 127.0.0.1, localhost, mirror.example and sum.example that signs itself. */
export async function certificate() {
  const dir = await folder();
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const names = 'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:mirror.example,DNS:sum.example';
  const options = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=mirror -addext ${names}`;
  await promisify(execFile)('openssl', [...options.split(' '), '-keyout', key, '-out', cert]);
  return { file: cert, tls: { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') } };
}

/** A forward proxy that sends every host to one port of this machine, and notes what it is asked. */
export async function forwardProxy(target: string, connectStatus = '200 OK') {
  const asked: { readonly line: string; readonly authorization: string | undefined }[] = [];
  const sockets = new Set<Socket>();
  const note = ({ method, url, headers }: IncomingMessage): void =>
    void asked.push({ line: `${method} ${url}`, authorization: headers['proxy-authorization'] });
  const { port } = new URL(target);
  const server = createHttpServer((incoming, outgoing) => {
    note(incoming);
    const path = new URL(incoming.url ?? '').pathname;
    request({ host: '127.0.0.1', port, path }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(outgoing);
    }).end();
  });
  server.on('connect', (incoming: IncomingMessage, client: Socket) => {
    note(incoming);
    client.on('error', () => client.destroy());
    if (connectStatus !== '200 OK') {
      client.end(`HTTP/1.1 ${connectStatus}\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const tunnel = connect(Number(port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(tunnel).pipe(client);
    });
    tunnel.on('error', () => client.destroy());
    sockets.add(client).add(tunnel);
  });
  const url = await listening(server);
  atEnd(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return { url, asked };
}

/** A SOCKS5 proxy of this test alone. */
export async function socksProxy(target: string, user = ''): Promise<SocksProxy> {
  const proxy = await startSocksProxy(target, user);
  atEnd(() => proxy.close());
  return proxy;
}

/** Starts a server on loopback and gives its URL. */
export async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return `http://127.0.0.1:${address.port}`;
}
