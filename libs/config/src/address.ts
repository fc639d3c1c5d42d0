import { isIPv6 } from 'node:net';
import { resolve } from 'node:path';
import type { ListenAddress } from './config.js';
import { InvalidValue } from './invalid-value.js';

/** A TCP address. */
export interface HostPort {
  /** A name or an IP address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Bytes of the longest path of a unix socket (Linux sun_path, without the closing zero). */
const LONGEST_SOCKET_PATH = 107;

/** Reads `host:port`, `[::1]:port`, and `host` alone where a default port is given. Null when it is none of these. */
export function parseHostPort(text: string, defaultPort?: number): HostPort | null {
  const [, bracketed, name, digits] = /^(?:\[([^\]]*)\]|([\w.-]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? name;
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host === undefined || port === undefined || port > 65_535) return null;
  if (bracketed !== undefined && !isIPv6(bracketed)) return null;
  return { host, port };
}

/** Reads the address of a listener: `host:port`, `:port` (all IPv4 addresses), `unix:/path`. Throws InvalidValue. */
export function parseListenAddress(text: string): ListenAddress {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    if (path === '') throw new InvalidValue('has no path after unix:');
    const socket = resolve(path);
    if (Buffer.byteLength(socket) > LONGEST_SOCKET_PATH) {
      throw new InvalidValue(`is too long for a unix socket: at most ${LONGEST_SOCKET_PATH} bytes of path`);
    }
    return { socket };
  }
  const address = parseHostPort(text.startsWith(':') ? `0.0.0.0${text}` : text);
  if (!address) throw new InvalidValue('is not an address such as 127.0.0.1:3000, :3000, [::1]:3000 or unix:/path');
  return address;
}

/** Whether only this computer can reach the listener. Port and socket permissions aside. */
export function isLoopback(address: ListenAddress): boolean {
  if ('socket' in address) return true;
  return address.host === 'localhost' || address.host === '::1' || /^127\.[\d.]+$/.test(address.host);
}
