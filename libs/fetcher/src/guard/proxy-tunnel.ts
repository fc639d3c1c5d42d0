import { request } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { withoutBrackets } from '#libs/config';

/** The answer of a proxy that opens no tunnel, in its own words. */
export class TunnelRefused extends Error {}

/** Milliseconds that a proxy may take to reach a host. */
const TIMEOUT = 30_000;

/** The value of Proxy-Authorization for a proxy's URL, null where it holds no credentials. */
export function proxyAuthorization({ username, password }: URL): string | null {
  if (username === '' && password === '') return null;
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** Asks an HTTP proxy at the other end of a connection for a tunnel. Throws TunnelRefused. */
export async function tunnelByConnect(socket: Socket, proxy: URL, host: string, port: number): Promise<Socket> {
  const authorization = proxyAuthorization(proxy);
  const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const asking = request({
    method: 'CONNECT',
    path: target,
    headers: { host: target, ...(authorization !== null && { 'proxy-authorization': authorization }) },
    createConnection: () => socket,
    timeout: TIMEOUT,
  });
  const answer = Promise.withResolvers<Socket>();
  asking.once('connect', ({ statusCode = 0, statusMessage = '' }, tunnel: Socket, head: Buffer) => {
    tunnel.setTimeout(0);
    if (head.length > 0) tunnel.unshift(head);
    if (statusCode >= 200 && statusCode < 300) return answer.resolve(tunnel);
    answer.reject(new TunnelRefused(statusMessage || `status ${statusCode}`));
  });
  asking.once('timeout', () => answer.reject(Object.assign(new Error('no tunnel in time'), { code: 'ETIMEDOUT' })));
  asking.on('error', answer.reject);
  asking.end();
  try {
    return await answer.promise;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Asks a SOCKS5 proxy (RFC 1928, RFC 1929) for a tunnel; the proxy resolves the name. Throws TunnelRefused. */
export async function tunnelBySocks(socket: Socket, proxy: URL, host: string, port: number): Promise<Socket> {
  const timer = setTimeout(() => socket.destroy(new TunnelRefused('no answer in time')), TIMEOUT);
  try {
    const [user, password] = [decodeURIComponent(proxy.username), decodeURIComponent(proxy.password)].map(counted);
    const withPassword = proxy.username !== '';
    socket.write(Buffer.from(withPassword ? [5, 2, 0, 2] : [5, 1, 0]));
    const [, method] = await read(socket, 2);
    if (method === 2 && withPassword) {
      socket.write(Buffer.concat([Buffer.of(1), user ?? counted(''), password ?? counted('')]));
      if ((await read(socket, 2))[1] !== 0) throw new TunnelRefused('credentials refused');
    } else if (method !== 0) throw new TunnelRefused('credentials needed');

    // Always by name: an address is a name that needs no look-up.
    socket.write(
      Buffer.concat([Buffer.of(5, 1, 0, 3), counted(withoutBrackets(host)), Buffer.of(port >> 8, port & 0xff)]),
    );
    const [, reply, , kind] = await read(socket, 4);
    if (reply !== 0) throw new TunnelRefused(`refused with code ${reply}`);
    const length = kind === 1 ? 4 : kind === 4 ? 16 : ((await read(socket, 1))[0] ?? 0);
    await read(socket, length + 2);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** A text of at most 255 bytes behind its length. */
function counted(text: string): Buffer {
  const bytes = Buffer.from(text).subarray(0, 255);
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

async function read(socket: Socket, size: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(size) as Buffer | null;
    if (bytes !== null && bytes.length === size) return bytes;
    if (bytes !== null || socket.readableEnded || socket.destroyed) throw new TunnelRefused('closed');
    await new Promise<void>((resolve) => {
      const go = (): void => {
        for (const event of ['readable', 'end', 'close'] as const) socket.off(event, go);
        resolve();
      };
      for (const event of ['readable', 'end', 'close'] as const) socket.once(event, go);
    });
  }
}
