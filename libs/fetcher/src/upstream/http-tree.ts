import { isIP } from 'node:net';
import { withoutBrackets } from '#libs/config';
import { GatheredBytes } from '#libs/protocol';
import type { DownloadContext, FetchContext } from '../fetcher.js';
import { Circuit } from './circuit.js';
import { escapeUrlPath } from './escape-url.js';
import type { ExchangeOptions } from './exchange.js';
import type { HttpClient } from './http-client.js';
import type { UpstreamLimits } from './limits.js';
import type { DownloadedFile, ProxyTree } from './proxy-tree.js';
import { withRetries } from './retry.js';
import { ScratchFile } from './scratch-file.js';
import { statusFault } from './status-fault.js';

/** What an upstream is asked with, besides its URL. */
export interface HttpTreeParts {
  readonly client: HttpClient;
  readonly limits: UpstreamLimits;
  /** Value of the Authorization header, where the URL itself has no user. */
  readonly authorization: string | null;
  /** Is told what the circuit of this upstream does. */
  readonly reportCircuit: (state: number) => void;
}

/** An `http://` or `https://` GOPROXY. Path and query of its URL stay on every request. */
export class HttpTree implements ProxyTree {
  readonly source: string;
  private readonly origin: string;
  private readonly folder: string;
  private readonly query: string;
  private readonly authorization: string | null;
  private readonly circuit: Circuit;

  constructor(
    url: URL,
    private readonly parts: HttpTreeParts,
  ) {
    this.source = labelOf(url);
    this.authorization = basicOf(url) ?? parts.authorization;
    this.origin = url.origin;
    this.folder = `${url.pathname}/`.replaceAll(/\/{2,}/g, '/');
    this.query = url.search;
    this.circuit = new Circuit(parts.limits, parts.reportCircuit);
  }

  async read(path: string, context: FetchContext): Promise<Buffer> {
    const { headersTimeout, textSize } = this.parts.limits;
    const body = new GatheredBytes();
    await this.get(path, context, headersTimeout, (until) => ({
      endBy: until,
      limit: { size: textSize, kind: 'upstream', name: 'answer of the upstream' },
      open: () => body,
    }));
    return body.bytes();
  }

  async download(path: string, context: DownloadContext): Promise<DownloadedFile> {
    const { zipHeadersTimeout, zipSize } = this.parts.limits;
    let file: ScratchFile | null = null;
    try {
      await this.get(path, context, zipHeadersTimeout, () => ({
        // As long as it comes at a pace it may come until the job's end.
        endBy: Infinity,
        // Not-found, for another source can not have a smaller one, and a client has no use for this one.
        limit: { size: zipSize, kind: 'not-found', name: 'zip' },
        open: () => (file = new ScratchFile(context.scratch)),
      }));
      return await written(file).finish();
    } catch (error) {
      await (file as ScratchFile | null)?.discard();
      throw error;
    }
  }

  /** One file, whatever attempts that takes. */
  private async get(
    path: string,
    { signal, deadline = Infinity }: FetchContext,
    headersTimeout: number,
    file: (until: number) => Pick<ExchangeOptions, 'endBy' | 'limit' | 'open'>,
  ): Promise<void> {
    const { client, limits } = this.parts;
    const target = { origin: this.origin, path: this.folder + escapeUrlPath(path) + this.query };
    const started = performance.now();
    const until = started + (deadline - started) * limits.share;
    const { endBy, limit, open } = file(until);
    const attempt = async (): Promise<void> => {
      const answer = await client.get(target, {
        authorization: this.authorization,
        signal,
        beginBy: Math.min(performance.now() + limits.connectTimeout + headersTimeout, until),
        headersTimeout,
        endBy,
        limit,
        open: () => {
          this.circuit.answered();
          return open();
        },
      });
      if (answer.statusCode !== 200) throw statusFault(answer);
    };
    await withRetries(limits, until, signal, () => this.circuit.run(signal, attempt));
  }
}

/** The file of a download that ended well, which began with opening it. */
function written(file: ScratchFile | null): ScratchFile {
  if (file === null) throw new Error('an answer without a body');
  return file;
}

/** The host name alone: a path may hold a token, and an address is nobody's business. */
function labelOf(url: URL): string {
  return isIP(withoutBrackets(url.hostname)) ? 'proxy' : url.hostname;
}

function basicOf({ username, password }: URL): string | null {
  if (username === '' && password === '') return null;
  return basicAuth(decodeURIComponent(username), decodeURIComponent(password));
}

/** The Authorization header of a user and a password. */
export function basicAuth(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
