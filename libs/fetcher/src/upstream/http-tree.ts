import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Dispatcher } from 'undici';
import type { RefusalKind } from '#libs/protocol';
import type { DownloadContext, FetchContext } from '../fetcher.js';
import { escapeUrlPath } from './escape-url.js';
import { bodyFault, SourceFault, TRUNCATED } from './fault.js';
import type { HttpClient } from './http-client.js';
import type { UpstreamLimits } from './limits.js';
import type { ProxyTree } from './proxy-tree.js';
import { statusFault } from './status-fault.js';

/** Bytes that may wait for the disk: what arrives meanwhile is written at once, in one call. */
const WRITE_BUFFER = 1024 * 1024;

/** An `http://` or `https://` GOPROXY. Path and query of its URL stay on every request. */
export class HttpTree implements ProxyTree {
  readonly source: string;
  private readonly base: URL;
  private readonly authorization: string | null;

  constructor(
    url: URL,
    private readonly client: HttpClient,
    private readonly limits: UpstreamLimits,
  ) {
    this.source = labelOf(url);
    this.authorization = basicOf(url);
    this.base = new URL(url);
    this.base.username = '';
    this.base.password = '';
    this.base.hash = '';
  }

  async read(path: string, context: FetchContext): Promise<Buffer> {
    const answer = await this.open(path, this.limits.headersTimeout, context);
    const limit = { size: this.limits.textSize, kind: 'upstream', name: 'answer of the upstream' } as const;
    const chunks: Buffer[] = [];
    for await (const chunk of checked(answer, limit)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async download(path: string, context: DownloadContext): Promise<{ path: string; size: number }> {
    const answer = await this.open(path, this.limits.zipHeadersTimeout, context);
    // Not-found, for another source can not have a smaller one, and a client has no use for this one.
    const limit = { size: this.limits.zipSize, kind: 'not-found', name: 'zip' } as const;
    const file = join(context.scratch, `${randomUUID()}.zip`);
    const sink = createWriteStream(file, { flags: 'wx', highWaterMark: WRITE_BUFFER });
    try {
      await pipeline(checked(answer, limit), sink, { signal: context.signal });
    } catch (error) {
      if (!sink.closed) await new Promise<void>((resolve) => sink.once('close', resolve)); // it may be opening still, or have its descriptor
      await rm(file, { force: true });
      throw error;
    }
    return { path: file, size: sink.bytesWritten };
  }

  private async open(path: string, headersTimeout: number, { signal }: FetchContext): Promise<Answer> {
    const url = new URL(this.base);
    url.pathname = `${this.base.pathname}/${escapeUrlPath(path)}`.replaceAll(/\/{2,}/g, '/');
    const answer = await this.client.get(url, { authorization: this.authorization, headersTimeout, signal });
    if (answer.statusCode !== 200) throw await statusFault(answer);
    return { body: answer.body, length: lengthOf(answer) };
  }
}

interface Answer {
  readonly body: Readable;
  /** Content-Length, where the upstream sent one. */
  readonly length: number | null;
}

interface SizeLimit {
  /** Bytes. */
  readonly size: number;
  readonly kind: RefusalKind;
  readonly name: string;
}

/** The chunks of an answer; refuses one that is too large as early as this is known, and one that ends too early. */
async function* checked({ body, length }: Answer, limit: SizeLimit): AsyncGenerator<Buffer> {
  try {
    if (length !== null && length > limit.size) throw tooLarge(limit);
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit.size) throw tooLarge(limit);
      yield chunk;
    }
    if (length !== null && size !== length) throw new SourceFault('upstream', TRUNCATED);
  } catch (error) {
    throw bodyFault(error);
  } finally {
    body.destroy();
  }
}

function tooLarge({ size, kind, name }: SizeLimit): SourceFault {
  return new SourceFault(kind, `the ${name} is larger than ${size} bytes`);
}

function lengthOf({ headers }: Dispatcher.ResponseData): number | null {
  const value = headers['content-length'];
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : null;
}

/** The host name alone: a path may hold a token, and an address is nobody's business. */
function labelOf(url: URL): string {
  return isIP(url.hostname.replace(/^\[(.*)\]$/, '$1')) ? 'proxy' : url.hostname;
}

function basicOf({ username, password }: URL): string | null {
  if (username === '' && password === '') return null;
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
