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
  const open = async (...[target, done]: Parameters<buildConnector.connector>): Promise<void> => {
    let socket: Socket;
    try {
      socket = await reach(proxy, target, options.timeout);
    } catch (error) {
      return done(error as Error, null);
    }
    if (target.protocol === 'https:') secure({ ...target, httpSocket: socket }, done);
    else done(null, socket);
  };
  return (...asked) => void open(...asked);
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
