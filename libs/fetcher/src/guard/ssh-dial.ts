import { request } from 'node:http';
import type { Socket } from 'node:net';
import { environment } from '#libs/config';
import { SSH_PROXY } from './proxy-client.js';

/** What the program is started with. */
export type SshDialArguments = readonly [host: string, port: string];

/**
 * The program that ssh runs as its ProxyCommand, `ssh-dial <host> <port>`: opens a tunnel through the worker's forward
 * proxy and joins it to standard input and output.
 */
const [host = '', port = ''] = process.argv.slice(2);
const proxy = new URL(environment()[SSH_PROXY] ?? 'http://127.0.0.1:0');
const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
const credentials = Buffer.from(`${proxy.username}:${proxy.password}`).toString('base64');
const asking = request({
  host: proxy.hostname,
  port: proxy.port,
  method: 'CONNECT',
  path: target,
  headers: { host: target, 'proxy-authorization': `Basic ${credentials}` },
});
asking.on('connect', ({ statusCode, statusMessage }, tunnel: Socket, head: Buffer) => {
  if (statusCode !== 200) return end(statusMessage ?? '');
  if (head.length > 0) tunnel.unshift(head);
  tunnel.on('error', () => end('the connection broke'));
  tunnel.on('close', () => process.exit(0));
  process.stdout.on('error', () => process.exit(1));
  process.stdin.pipe(tunnel).pipe(process.stdout);
});
asking.on('error', () => end('connection refused'));
asking.end();

function end(reason: string): void {
  process.stderr.write(`${reason}\n`, () => process.exit(1));
}
