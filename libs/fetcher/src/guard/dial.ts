import type { LookupAddress } from 'node:dns';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { trustedCertificates, withoutBrackets } from '#libs/config';
import { fixedLookup } from './connector.js';
import { portOf } from './egress-guard.js';

/** What is dialled. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  /** The only addresses to try; null: the host is a proxy of the settings, and looked up as any. */
  readonly addresses: readonly LookupAddress[] | null;
}

/** Opens a connection; rejects with the system's error. */
export type Dial = (destination: Destination) => Promise<Socket>;

/** Milliseconds until a connection stands. */
const CONNECT_TIMEOUT = 15_000;

/** Dials over TCP. */
export const dialTcp: Dial = ({ host, port, addresses }) => {
  const socket = connect({ host, port, ...(addresses && { lookup: fixedLookup(addresses) }) });
  return ready(socket, 'connect');
};

/** Dials a proxy that the settings name, whatever its address. */
export async function dialProxy(proxy: URL, dial: Dial = dialTcp): Promise<Socket> {
  const host = withoutBrackets(proxy.hostname);
  return dial({ host, port: isSocks(proxy) ? Number(proxy.port) || 1080 : portOf(proxy), addresses: null });
}

/** Whether a proxy is spoken to in SOCKS5. */
export function isSocks({ protocol }: URL): boolean {
  return protocol === 'socks5:';
}

/** Puts TLS over a connection to a proxy that is spoken to in https. */
export async function secure(socket: Socket, host: string, env: Readonly<Record<string, string>>): Promise<Socket> {
  const secured = connectTls({ socket, host, ...serverName(host), secureContext: trustedCertificates(env) });
  return ready(secured, 'secureConnect');
}

/** Whether the host at the other end of a connection speaks TLS, be its certificate anybody's. Ends the connection. */
export async function speaksTls(socket: Socket, host: string): Promise<boolean> {
  const secured = connectTls({ socket, host, ...serverName(host), rejectUnauthorized: false });
  return ready(secured, 'secureConnect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => secured.destroy());
}

function serverName(host: string): { servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {};
}

async function ready<S extends Socket>(socket: S, event: 'connect' | 'secureConnect'): Promise<S> {
  const standing = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    standing.reject(Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' }));
  }, CONNECT_TIMEOUT);
  // Once it stands, its errors end in its close, which both ends of a tunnel hear.
  socket.on('error', standing.reject);
  socket.once(event, standing.resolve);
  socket.once('close', () => standing.reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
  try {
    await standing.promise;
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
