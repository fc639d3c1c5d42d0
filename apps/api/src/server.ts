import type { IncomingMessage } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { VersionCatalog, VersionIndex } from '#libs/catalog';
import type { Config } from '#libs/config';
import { registerProbes, readVersion, type Health, type Logger } from '#libs/observability';
import { RefusalError } from '#libs/protocol';
import type { Storage } from '#libs/storage';
import { registerCatalog } from './catalog.routes.js';
import { messageRefusal } from './http-message.js';
import { registerIndex } from './index.routes.js';
import { cutUnread, LIMITS, type Limits } from './limits.js';
import { answerParserError } from './parser-errors.js';
import { registerProxy, refuse } from './proxy.routes.js';
import type { ProxyService } from './proxy.service.js';
import { observeRequests, requestId, type ObserveAnswer } from './request-context.js';
import type { SumdbService } from './sumdb.service.js';
import { routedTarget } from './target.js';
import { answerUnrouted } from './unrouted.js';

interface AdapterOptions {
  readonly basePath: string;
  readonly limits?: Limits;
}

/** Makes the HTTP server that Nest runs on. */
export function createAdapter({ basePath, limits = LIMITS }: AdapterOptions): FastifyAdapter {
  const adapter = new FastifyAdapter({
    logger: false,
    genReqId: (request: Pick<IncomingMessage, 'headers'>) => requestId(request.headers),
    exposeHeadRoutes: false, // Fastify's would read whole files from storage and drop them.
    keepAliveTimeout: limits.keepAlive,
    requestTimeout: limits.request,
    connectionTimeout: limits.unread,
    return503OnClosing: false, // who still gets through is served
    http: {
      headersTimeout: limits.headers,
      connectionsCheckingInterval: limits.check,
      maxHeaderSize: limits.headerBytes,
      requireHostHeader: false, // checked in the chain below, which answers in plain text
    },
    clientErrorHandler: answerParserError,
    rewriteUrl: ({ url }: { readonly url?: string }) => routedTarget(url ?? '', basePath),
  });
  const server = adapter.getHttpServer();
  answerUnrouted(server);
  cutUnread(server);
  return adapter;
}

interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly observe: ObserveAnswer;
  readonly health: Health;
  readonly proxy: ProxyService;
  readonly link: Storage['link'];
  readonly sumdb: SumdbService;
  readonly index: VersionIndex;
  readonly catalog: VersionCatalog;
}

/** Adds all but Nest's pages: the order of a request is log and metrics, message, method, probes, protocol. */
export function registerRoutes(server: FastifyInstance, parts: Parts): void {
  const { config, log, observe, health } = parts;
  observeRequests(server, observe);
  server.addHook('onRequest', (request, reply, next) => {
    const refusal = messageRefusal(request.raw) ?? methodRefusal(request.method);
    if (refusal) refuse(request, reply, refusal, config.notFoundTtl, log);
    else next();
  });
  registerProbes(server, health, readVersion(), config.basePath);
  registerIndex(server, parts);
  registerCatalog(server, parts);
  registerProxy(server, parts);
}

function methodRefusal(method: string): RefusalError | null {
  if (method === 'GET' || method === 'HEAD') return null;
  return new RefusalError('method', `${method} is not served, only GET and HEAD`);
}
