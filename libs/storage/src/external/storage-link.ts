import { Pool, ProxyAgent, type Dispatcher } from 'undici';
import { proxyRules, trustedCertificates, type StorageConfig } from '#libs/config';
import { RefusalError } from '#libs/protocol';
import { SMALL_OBJECT } from '../body.js';
import { orRefusal, retried } from '../network-fault.js';

export type ExternalConfig = Extract<StorageConfig, { kind: 'external' }>;

/** Milliseconds. */
export interface LinkTimeouts {
  /** Until a connection stands. */
  readonly connect: number;
  /** Without a byte of an answer, while its reader is not the slow one. */
  readonly idle: number;
  /** Until an upload is taken in whole and acknowledged, from the last byte that moved. */
  readonly commit: number;
}

const TIMEOUTS: LinkTimeouts = { connect: 5_000, idle: 30_000, commit: 300_000 };
/** Longer than most storage servers keep a connection; their own word counts. */
const KEEP_ALIVE = 30_000;

export interface Asking {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Below the base URL, percent-encoded, with its leading `/`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Sending extends Asking {
  readonly body?: Dispatcher.DispatchOptions['body'];
  readonly signal?: AbortSignal | undefined;
}

/** An answer that says something of what was asked: its body must be read or dumped. */
export type LinkAnswer = Dispatcher.ResponseData;

/**
 * Kept connections to one storage server. Answers that tell of the server and not of what was asked (5xx, 429, 401,
 * redirects, ...) are refusals, as are connections that fail and deadlines that pass. Its constructor throws an Error of
 * one line when a proxy or certificate variable is bad.
 */
export class StorageLink {
  private readonly dispatcher: Dispatcher;
  private readonly origin: string;
  private readonly base: string;
  private readonly authorization: Readonly<Record<string, string>>;

  constructor(
    { url, token, network }: Pick<ExternalConfig, 'url' | 'token' | 'network'>,
    private readonly timeouts: LinkTimeouts = TIMEOUTS,
  ) {
    this.origin = url.origin;
    this.base = url.pathname === '/' ? '' : url.pathname;
    this.authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.dispatcher = dispatcherFor(url, network, timeouts);
  }

  /** Asks, and has the answer read: a connection may fail in the middle of that, too. What it gives is what was read. */
  async ask<T>(asking: Asking, read: (answer: LinkAnswer) => T | Promise<T>): Promise<T> {
    try {
      return await retried(async () => read(await this.send(asking)));
    } catch (error) {
      throw orRefusal(error);
    }
  }

  /** Sends a body, once: a connection that breaks is thrown as it is, for the caller to try again. */
  async send({ method, path, headers, body, signal }: Sending): Promise<LinkAnswer> {
    const answer = await this.dispatcher.request({
      origin: this.origin,
      method,
      path: this.base + path,
      headers: { 'user-agent': 'stoa', ...this.authorization, ...headers },
      body: body ?? null,
      signal: signal ?? null,
      bodyTimeout: this.timeouts.idle,
      headersTimeout: body === undefined ? this.timeouts.idle : this.timeouts.commit,
    });
    const refusal = statusRefusal(answer.statusCode);
    if (!refusal) return answer;
    dropBody(answer.body);
    throw refusal;
  }

  async close(): Promise<void> {
    await this.dispatcher.destroy();
  }
}

function dispatcherFor(url: URL, network: ExternalConfig['network'], timeouts: LinkTimeouts): Dispatcher {
  const tls = url.protocol === 'https:' ? { secureContext: trustedCertificates(network) } : {};
  const connect = { ...tls, timeout: timeouts.connect };
  const options = { keepAliveTimeout: KEEP_ALIVE, allowH2: false };
  const proxy = proxyRules(network)(url);
  if (!proxy) return new Pool(url.origin, { ...options, connect });
  return new ProxyAgent({
    ...options,
    uri: proxy.href,
    connectTimeout: timeouts.connect,
    requestTls: connect,
    // Told of TLS, undici speaks it to a SOCKS5 proxy too.
    ...(proxy.protocol !== 'socks5:' && { proxyTls: connect }),
  });
}

function statusRefusal(status: number): RefusalError | null {
  if (status < 300 || (status >= 400 && status < 500 && ![401, 403, 407, 408, 429].includes(status))) return null;
  const { cause } = unexpectedStatus(status);
  if (status === 401 || status === 403) return new RefusalError('busy', 'the storage denies access', { cause });
  if (status === 507) return new RefusalError('busy', 'the storage is full', { cause });
  if (status === 504) return new RefusalError('timeout', 'the storage does not answer', { cause });
  return unexpectedStatus(status);
}

/** Lets go of a body that nobody reads: a short one to its end, to keep the connection, a long one with it. */
export function dropBody(body: LinkAnswer['body']): void {
  body.dump({ limit: SMALL_OBJECT }).catch(() => {});
}

/** The refusal of an answer that the protocol does not have at that place. */
export function unexpectedStatus(status: number): RefusalError {
  return new RefusalError('busy', 'the storage fails', { cause: new Error(`external storage: status ${status}`) });
}
