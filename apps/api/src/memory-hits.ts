import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Metrics } from '#libs/observability';
import type { Storage } from '#libs/storage';
import { isPlain } from './conditions.js';
import { messageRefusal } from './http-message.js';
import { storedHeaders, storedKind } from './replies.js';
import { requestId, type ObserveAnswer } from './request-context.js';
import { targetPath } from './target.js';

type Kind = 'info' | 'mod' | 'zip';

/**
 * A path whose rest is the key of such a file, if there is one: keys are spelled as clients spell paths, and only what
 * was asked by a name that is legal was ever read. No module path begins with a dot, as the keys of all else do.
 */
const FILE = /^\/([^./].*\/@v\/[^/]+\.(info|mod|zip))$/;

/** Bytes of a body that is sent with its head. */
const ONE_WRITE = 16 * 1024;

interface Parts {
  /** See Storage. */
  readonly held: Storage['held'];
  readonly basePath: string;
  readonly metrics: Pick<Metrics, 'cacheLookups'>;
  readonly observe: ObserveAnswer;
}

/**
 * Answers a plain GET of a file that never changes and that memory holds, before the router sees the request, at a third
 * of the cost: the router, its hooks and header by header are most of what such an answer takes. All else goes the long
 * way (proxy.routes.ts), which gives the same answer.
 */
export class MemoryHits {
  private stopped = false;

  constructor(private readonly parts: Parts) {}

  /** Answers a request, or leaves it as it is: false. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.stopped) return false;
    const { held, metrics, observe } = this.parts;
    const started = performance.now();
    const asked = this.keyAsked(request);
    const found = asked && held(asked.key);
    if (!found || messageRefusal(request)) return false;

    const { kind: route } = asked;
    const { stat, bytes } = found;
    const id = requestId(request.headers);
    metrics.cacheLookups.inc({ kind: route, result: 'hit' });
    response.once('close', () => {
      const { method = '', url: target = '' } = request;
      const milliseconds = performance.now() - started;
      observe({ id, method, target, route, cache: 'memory', fault: null, milliseconds }, response);
    });
    const headers = storedHeaders(stat, storedKind(route, Infinity, 'memory'));
    response.writeHead(200, { 'x-request-id': id, ...headers, 'content-length': stat.size });
    // As text with its head in one write; a larger body is not worth the copy.
    if (bytes.length <= ONE_WRITE) response.end(bytes.toString('latin1'), 'latin1');
    else response.end(bytes);
    return true;
  }

  /** Leaves all requests to the long way, which tells clients that the gateway stops. */
  stop(): void {
    this.stopped = true;
  }

  private keyAsked({ method, url = '', headers }: IncomingMessage): { key: string; kind: Kind } | null {
    if (method !== 'GET' || !isPlain(headers)) return null;
    const [, key, kind] = FILE.exec(targetPath(url, this.parts.basePath) ?? '') ?? [];
    return key === undefined ? null : { key, kind: kind as Kind };
  }
}
