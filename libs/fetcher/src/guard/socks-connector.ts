import type { Socket } from 'node:net';
import { buildConnector } from 'undici';
import { dialProxy } from './dial.js';
import { tunnelBySocks } from './proxy-tunnel.js';

/**
 * Opens connections for undici through a SOCKS5 proxy, which resolves their names. undici's own agent for these speaks
 * TLS to the proxy itself once it is told of certificates, and has no limit of connections. `timeout` is of the way to
 * the host, and again of TLS with it.
 */
export function socksConnector(
  proxy: URL,
  options: buildConnector.BuildOptions & { readonly timeout: number },
): buildConnector.connector {
  const secure = buildConnector(options);
  return (target, done) => {
    reach(proxy, target, options.timeout).then(
      (socket) => (target.protocol === 'https:' ? secure({ ...target, httpSocket: socket }, done) : done(null, socket)),
      (error: Error) => done(error, null),
    );
  };
}

async function reach(proxy: URL, { hostname, protocol, port }: buildConnector.Options, time: number): Promise<Socket> {
  const socket = await dialProxy(proxy);
  const late = Object.assign(new Error('no tunnel in time'), { code: 'ETIMEDOUT' });
  const timer = setTimeout(() => socket.destroy(late), time);
  try {
    return await tunnelBySocks(socket, proxy, hostname, Number(port) || (protocol === 'https:' ? 443 : 80));
  } catch (error) {
    throw socket.errored ?? error;
  } finally {
    clearTimeout(timer);
  }
}
