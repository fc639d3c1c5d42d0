import type { SecureContext } from 'node:tls';
import { Agent, Pool, ProxyAgent, type Dispatcher } from 'undici';
import { proxyRules, trustedCertificates, type ProxyRules } from '#libs/config';
import { guardedConnector } from '../guard/connector.js';
import { isSocks } from '../guard/dial.js';
import { portOf, type EgressGuard } from '../guard/egress-guard.js';
import { socksConnector } from '../guard/socks-connector.js';
import { Exchange, type Answer, type ExchangeOptions } from './exchange.js';
import { SourceFault } from './fault.js';
import type { UpstreamLimits } from './limits.js';
import { redirectOf, redirectTarget, type Target } from './redirect.js';

const REDIRECTS = 10;

/** Idle connections are kept this long where the server does not say how long it keeps them. */
const KEEP_ALIVE = 30_000;

/** Origins whose way is remembered. Redirects may lead to ever new ones. */
const WAYS = 1000;

export interface GetOptions extends ExchangeOptions {
  /** Value of the Authorization header; sent to the origin of the first URL, until a redirect leads away from it. */
  readonly authorization: string | null;
}

/**
 * A pooled HTTP/1.1 client that follows redirects and honours the proxy and certificate variables of an environment.
 * Its constructor throws an Error of one line when one of these is bad.
 */
export class HttpClient {
  private readonly rules: ProxyRules;
  private readonly direct: Dispatcher;
  private readonly proxies = new Map<string, Dispatcher>();
  private readonly ways = new Map<string, Dispatcher>();
  private readonly options: Agent.Options;
  private readonly tls: { readonly secureContext: SecureContext; readonly timeout: number; readonly allowH2: false };

  constructor(
    env: Readonly<Record<string, string>>,
    private readonly limits: UpstreamLimits,
    private readonly guard: EgressGuard,
  ) {
    this.rules = proxyRules(env);
    // One context for all connections: node would parse every certificate again for each.
    this.tls = { secureContext: trustedCertificates(env), timeout: limits.connectTimeout, allowH2: false };
    this.options = {
      connectTimeout: limits.connectTimeout,
      connections: limits.connections,
      // An exchange has its own limit, which holds while it waits for a connection too.
      headersTimeout: 0,
      bodyTimeout: limits.bodyTimeout,
      keepAliveTimeout: KEEP_ALIVE,
      // HTTP/2 saves the handshakes of the first few connections and nothing after them: a request over it costs as
      // much, and one lost packet holds up all. undici's breaks off when 16 zips of some MB share a connection.
      allowH2: false,
    };
    this.direct = new Agent({ ...this.options, connect: guardedConnector(guard, this.tls) });
  }

  /**
   * Answers with any status but a redirect; a file has gone to its body then.
   * Rejects as an exchange does, and with SourceFault when a redirect leads nowhere.
   */
  async get(start: Target, options: GetOptions): Promise<Answer> {
    let target = start;
    let { authorization } = options;
    for (let redirects = 0; ; redirects++) {
      const answer = await this.send(target, authorization, options);
      const location = redirectOf(answer.statusCode, answer.headers.location);
      if (location === null) return answer;

      if (redirects === REDIRECTS) throw new SourceFault('upstream', `more than ${REDIRECTS} redirects`);
      target = redirectTarget(location, target);
      if (target.origin !== start.origin) authorization = null;
    }
  }

  /** Ends idle connections and, once they are done, busy ones. */
  async close(): Promise<void> {
    await Promise.all([this.direct, ...this.proxies.values()].map((dispatcher) => dispatcher.close()));
  }

  private async send(target: Target, authorization: string | null, options: ExchangeOptions): Promise<Answer> {
    const headers = authorization === null ? { 'user-agent': 'stoa' } : { 'user-agent': 'stoa', authorization };
    const request: Dispatcher.DispatchOptions = { ...target, method: 'GET', headers };
    const dispatcher = this.dispatcherFor(target.origin);
    if (dispatcher !== this.direct) await this.checkBeyondProxy(target.origin);
    const attempt = (): Promise<Answer> => {
      const exchange = new Exchange(options, this.limits);
      dispatcher.dispatch(request, exchange);
      return exchange.answer;
    };
    try {
      return await attempt();
    } catch (error) {
      // A kept connection may have been closed by the server while the request was on its way: that is no fault.
      if (error instanceof SourceFault && error.retry !== null && isStaleConnection(error.cause)) return attempt();
      throw error;
    }
  }

  private async checkBeyondProxy(origin: string): Promise<void> {
    const url = new URL(origin);
    await this.guard.checkBeyondProxy(url.hostname, portOf(url));
  }

  private dispatcherFor(origin: string): Dispatcher {
    const known = this.ways.get(origin);
    if (known) return known;
    const proxy = this.rules(new URL(origin));
    const way = proxy === null ? this.direct : this.proxyAgent(proxy);
    if (this.ways.size >= WAYS) this.ways.clear();
    this.ways.set(origin, way);
    return way;
  }

  private proxyAgent(proxy: URL): Dispatcher {
    const known = this.proxies.get(proxy.href);
    if (known) return known;

    const agent = isSocks(proxy)
      ? new Agent({ ...this.options, connect: socksConnector(proxy, this.tls) })
      : this.httpProxyAgent(proxy);
    this.proxies.set(proxy.href, agent);
    return agent;
  }

  private httpProxyAgent(proxy: URL): Dispatcher {
    const { options, tls } = this;
    return new ProxyAgent({
      ...options,
      uri: proxy.href,
      requestTls: tls,
      proxyTls: tls,
      factory: (origin, pool: Pool.Options) => new Pool(origin, { ...options, ...pool }),
      // A proxy that does not answer CONNECT is an upstream that can not be connected to.
      clientFactory: (origin, pool) => new Pool(origin, { ...pool, headersTimeout: this.limits.connectTimeout }),
    });
  }
}

function isStaleConnection(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  if ('socket' in error && isFresh(error.socket)) return false;
  return error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.code === 'UND_ERR_SOCKET';
}

function isFresh(socket: unknown): boolean {
  return typeof socket === 'object' && socket !== null && 'bytesRead' in socket && socket.bytesRead === 0;
}
