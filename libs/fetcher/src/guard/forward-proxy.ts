import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { matchPrefixPatterns } from '#libs/protocol';
import { childEnvironment, schemeRule } from './child-environment.js';
import { speaksTls, type Dial } from './dial.js';
import type { EgressGuard } from './egress-guard.js';
import { forwardHttp } from './forward-http.js';
import { PROXY_CLIENTS, type ProxyClient } from './proxy-client.js';
import { refusalOf, type ProxyRefusal } from './proxy-refusal.js';
import { TunnelRefused } from './proxy-tunnel.js';
import { WayOut } from './way-out.js';

/** What a forward proxy is made of. */
export interface ForwardProxyParts {
  readonly guard: EgressGuard;
  /** HTTP_PROXY, HTTPS_PROXY, NO_PROXY and certificates, as the settings have them: the way on from here. */
  readonly env: Readonly<Record<string, string>>;
  readonly dial?: Dial;
}

/**
 * The forward proxy on loopback that the go command, git and ssh go through: it resolves names itself, and connects to
 * checked addresses alone, or hands on to the proxy of the settings. A secret keeps other users of the machine out.
 */
export class ForwardProxy {
  /** Whom it lets through. */
  readonly guard: EgressGuard;
  private readonly out: WayOut;
  private readonly secret = randomBytes(24).toString('hex');
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor({ guard, env, dial }: ForwardProxyParts) {
    this.guard = guard;
    this.out = new WayOut(guard, env, dial);
    this.server = createServer((request, response) => void this.forward(request, response));
    // A fetch of git lasts as long as its job; jobs have deadlines.
    this.server.requestTimeout = 0;
    this.server.on('connection', (socket: Socket) => this.hold(socket));
    this.server.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      void this.tunnel(request, socket, head);
    });
  }

  /** Starts to listen. Throws an Error of one line when a proxy of the environment is no URL. */
  static async open(parts: ForwardProxyParts): Promise<ForwardProxy> {
    const proxy = new ForwardProxy(parts);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  /** The variables that lead the go command, and git and ssh below it, through the proxy. They hold its secret. */
  get environment(): Readonly<Record<string, string>> {
    return childEnvironment((client) => this.urlFor(client));
  }

  /**
   * The variables of one run of the go command about a module, besides these. A module of `insecure` (GOINSECURE) whose
   * host speaks no TLS is asked for over plain HTTP alone, any other one over TLS alone.
   */
  async environmentFor(module: string, insecure: string): Promise<Readonly<Record<string, string>>> {
    const plain = matchPrefixPatterns(insecure, module) && !(await this.hasTls(module.split('/', 1)[0] ?? ''));
    return schemeRule(plain ? 'http' : 'https', (client) => this.urlFor(client));
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private urlFor(client: ProxyClient): string {
    const address = this.server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    return `http://${client}:${this.secret}@127.0.0.1:${port}`;
  }

  private async tunnel(request: IncomingMessage, client: Socket, head: Buffer): Promise<void> {
    client.on('error', () => client.destroy());
    const who = this.clientOf(request);
    if (who === null) return void client.end(head407());
    try {
      if (who === 'plain-go') throw new TunnelRefused('plain http alone');
      const url = URL.parse(`https://${request.url ?? ''}/`);
      const [host, port] = [url?.hostname ?? '', Number(url?.port) || 443];
      const wanted = url ?? new URL('https://0.0.0.0/');
      const socket = await (who === 'ssh' ? this.out.straight(host, port) : this.out.tunnel(host, port, wanted));
      this.hold(socket);
      if (client.destroyed) return void socket.destroy();
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      if (head.length > 0) socket.write(head);
      client.pipe(socket).pipe(client);
      // Soon: what the one said at its end may still be on its way to the other.
      client.once('close', () => socket.destroySoon());
      socket.once('close', () => client.destroySoon());
    } catch (error) {
      client.end(statusLine(refusalOf(error)));
    }
  }

  private async forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const who = this.clientOf(request);
    if (who === null) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="stoa"' }).end();
      return;
    }
    try {
      await forwardHttp(this.out, this.guard, who, request, response);
    } catch (error) {
      const { status, reason } = refusalOf(error);
      if (response.headersSent) return void response.destroy();
      // Git repeats a text/plain body, go the reason phrase.
      response.writeHead(status, reason, { 'content-type': 'text/plain; charset=utf-8' }).end(`${reason}\n`);
    }
  }

  /** As go finds out: what can't be reached, or not by TLS, is asked over plain HTTP. */
  private async hasTls(host: string): Promise<boolean> {
    try {
      const socket = await this.out.tunnel(host, 443, new URL(`https://${host}/`));
      this.hold(socket);
      return await speaksTls(socket, host);
    } catch {
      return false;
    }
  }

  private clientOf({ headers }: IncomingMessage): ProxyClient | null {
    const given = Buffer.from(headers['proxy-authorization'] ?? '');
    const matches = (client: ProxyClient): boolean => {
      const expected = Buffer.from(`Basic ${Buffer.from(`${client}:${this.secret}`).toString('base64')}`);
      return given.length === expected.length && timingSafeEqual(given, expected);
    };
    return PROXY_CLIENTS.find(matches) ?? null;
  }

  private hold(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.sockets.delete(socket));
  }
}

function head407(): string {
  return 'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="stoa"\r\nContent-Length: 0\r\n\r\n';
}

function statusLine({ status, reason }: ProxyRefusal): string {
  return `HTTP/1.1 ${status} ${reason}\r\nContent-Length: 0\r\n\r\n`;
}
