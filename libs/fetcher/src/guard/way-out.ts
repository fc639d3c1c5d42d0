import type { Socket } from 'node:net';
import { proxyRules, withoutBrackets, type ProxyRules } from '#libs/config';
import { dialProxy, dialTcp, isSocks, secure, type Dial } from './dial.js';
import { portOf, type EgressGuard } from './egress-guard.js';
import { proxyAuthorization, tunnelByConnect, tunnelBySocks } from './proxy-tunnel.js';

/** A connection on which plain HTTP can be spoken to a host. */
export interface HttpWay {
  readonly socket: Socket;
  /** A proxy is at its other end: requests name the whole URL. */
  readonly absolute: boolean;
  /** For that proxy. */
  readonly authorization: string | null;
}

/**
 * Opens connections to hosts outside: straight to a checked address, or through the proxy that HTTP_PROXY, HTTPS_PROXY
 * and NO_PROXY of an environment name. Throws AddressRefused, TunnelRefused or the system's error.
 */
export class WayOut {
  private readonly proxyOf: ProxyRules;

  /** Throws an Error of one line when a proxy is no URL. */
  constructor(
    private readonly guard: EgressGuard,
    private readonly env: Readonly<Record<string, string>>,
    private readonly dial: Dial = dialTcp,
  ) {
    this.proxyOf = proxyRules(env);
  }

  /** A connection to a host itself, past any proxy: ssh has never gone through one. */
  async straight(host: string, port: number): Promise<Socket> {
    return this.dial({ host, port, addresses: await this.guard.check(host, port) });
  }

  /** A connection that carries TLS. */
  async tunnel(host: string, port: number, url: URL): Promise<Socket> {
    const proxy = this.proxyOf(url);
    if (proxy === null) return this.straight(host, port);
    await this.guard.checkBeyondProxy(host, port);
    const socket = await this.reach(proxy);
    return isSocks(proxy) ? tunnelBySocks(socket, proxy, host, port) : tunnelByConnect(socket, proxy, host, port);
  }

  /** A connection for one plain request. */
  async http(host: string, url: URL): Promise<HttpWay> {
    const port = portOf(url);
    const proxy = this.proxyOf(url);
    if (proxy === null) return { socket: await this.straight(host, port), absolute: false, authorization: null };
    await this.guard.checkBeyondProxy(host, port);
    const socket = await this.reach(proxy);
    if (!isSocks(proxy)) return { socket, absolute: true, authorization: proxyAuthorization(proxy) };
    return { socket: await tunnelBySocks(socket, proxy, host, port), absolute: false, authorization: null };
  }

  private async reach(proxy: URL): Promise<Socket> {
    const socket = await dialProxy(proxy, this.dial);
    return proxy.protocol === 'https:' ? secure(socket, withoutBrackets(proxy.hostname), this.env) : socket;
  }
}
