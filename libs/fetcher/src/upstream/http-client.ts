import { Agent, Pool, ProxyAgent, request, type Dispatcher } from 'undici';
import { guardedConnector } from '../guard/connector.js';
import { portOf, type EgressGuard } from '../guard/egress-guard.js';
import { trustedCertificates } from './certificates.js';
import { connectionFault, SourceFault } from './fault.js';
import type { UpstreamLimits } from './limits.js';
import { proxyRules, type ProxyRules } from './proxy-rules.js';

const REDIRECTS = 10;

/** Idle connections are kept this long where the server does not say how long it keeps them. */
const KEEP_ALIVE = 30_000;

export interface GetOptions {
  /** Value of the Authorization header; sent to the origin of the first URL only. */
  readonly authorization: string | null;
  readonly headersTimeout: number;
  readonly signal: AbortSignal;
}

/**
 * A pooled HTTP/1.1 client that follows redirects and honours the proxy and certificate variables of an environment.
 * Its constructor throws an Error of one line when one of these is bad.
 */
export class HttpClient {
  private readonly rules: ProxyRules;
  private readonly direct: Dispatcher;
  private readonly proxies = new Map<string, Dispatcher>();
  private readonly options: Agent.Options;

  constructor(
    env: Readonly<Record<string, string>>,
    private readonly limits: UpstreamLimits,
    private readonly guard: EgressGuard,
  ) {
    this.rules = proxyRules(env);
    // One context for all connections: node would parse every certificate again for each.
    const connect = { secureContext: trustedCertificates(env), timeout: limits.connectTimeout };
    this.options = {
      connect,
      connectTimeout: limits.connectTimeout,
      bodyTimeout: limits.bodyTimeout,
      keepAliveTimeout: KEEP_ALIVE,
      allowH2: false,
    };
    this.direct = new Agent({ ...this.options, connect: guardedConnector(guard, { ...connect, allowH2: false }) });
  }

  /**
   * Answers with any status but a redirect. The caller reads or destroys the body, whose errors are the caller's too.
   * Throws SourceFault when the connection fails or a redirect leads nowhere.
   */
  async get(start: URL, options: GetOptions): Promise<Dispatcher.ResponseData> {
    let url = start;
    for (let redirects = 0; ; redirects++) {
      const answer = await this.send(url, url.origin === start.origin ? options : { ...options, authorization: null });
      const location = redirectOf(answer);
      if (location === null) return answer;

      await answer.body.dump({ limit: 64 << 10, signal: options.signal });
      if (redirects === REDIRECTS) throw new SourceFault('upstream', `more than ${REDIRECTS} redirects`);
      url = redirectTarget(location, url);
    }
  }

  /** Ends idle connections and, once they are done, busy ones. */
  async close(): Promise<void> {
    await Promise.all([this.direct, ...this.proxies.values()].map((dispatcher) => dispatcher.close()));
  }

  private async send(
    url: URL,
    { authorization, headersTimeout, signal }: GetOptions,
  ): Promise<Dispatcher.ResponseData> {
    if (this.rules(url) !== null) await this.guard.checkBeyondProxy(url.hostname, portOf(url));
    const attempt = (): Promise<Dispatcher.ResponseData> =>
      request(url, {
        dispatcher: this.dispatcherFor(url),
        headers: { 'user-agent': 'stoa', ...(authorization !== null && { authorization }) },
        headersTimeout,
        bodyTimeout: this.limits.bodyTimeout,
        signal,
      });
    try {
      // A kept connection may have been closed by the server while the request was on its way: that is no fault.
      return quiet(
        await attempt().catch((error: unknown) => (isStaleConnection(error) ? attempt() : Promise.reject(error))),
      );
    } catch (error) {
      throw signal.aborted ? error : connectionFault(error);
    }
  }

  private dispatcherFor(url: URL): Dispatcher {
    const proxy = this.rules(url);
    if (proxy === null) return this.direct;
    const known = this.proxies.get(proxy.href);
    if (known) return known;

    const { connect, ...options } = this.options;
    const tls = typeof connect === 'object' ? { ...connect, allowH2: false } : {};
    const agent = new ProxyAgent({
      ...options,
      uri: proxy.href,
      requestTls: tls,
      proxyTls: tls,
      // A proxy that does not answer CONNECT is an upstream that can not be connected to.
      clientFactory: (origin, pool) => new Pool(origin, { ...pool, headersTimeout: this.limits.connectTimeout }),
    });
    this.proxies.set(proxy.href, agent);
    return agent;
  }
}

/** A body that is dropped half-read emits an error of undici's, which nobody waits for. */
function quiet(answer: Dispatcher.ResponseData): Dispatcher.ResponseData {
  answer.body.on('error', () => {});
  return answer;
}

function isStaleConnection(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  if ('socket' in error && isFresh(error.socket)) return false;
  return error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.code === 'UND_ERR_SOCKET';
}

function isFresh(socket: unknown): boolean {
  return typeof socket === 'object' && socket !== null && 'bytesRead' in socket && socket.bytesRead === 0;
}

function redirectOf({ statusCode, headers }: Dispatcher.ResponseData): string | null {
  if (![301, 302, 303, 307, 308].includes(statusCode)) return null;
  return typeof headers.location === 'string' ? headers.location : null;
}

/** Go's rules: to another http(s) URL, never from https to http. Credentials in a location are not used. */
function redirectTarget(location: string, from: URL): URL {
  const url = URL.parse(location, from.href);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new SourceFault('upstream', 'the upstream redirects to something that is no web address');
  }
  if (from.protocol === 'https:' && url.protocol === 'http:') {
    throw new SourceFault('upstream', 'the upstream redirects from https to http');
  }
  url.username = '';
  url.password = '';
  return url;
}
