import type { IncomingMessage } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { VersionCatalog, VersionIndex } from '#libs/catalog';
import type { Config } from '#libs/config';
import { registerProbes, readVersion, type Health, type Logger, type Metrics } from '#libs/observability';
import { RefusalError } from '#libs/protocol';
import type { Storage } from '#libs/storage';
import { registerCatalog } from './catalog.routes.js';
import { messageRefusal } from './http-message.js';
import { registerIndex } from './index.routes.js';
import { answerParserError } from './parser-errors.js';
import { registerProxy, refuse } from './proxy.routes.js';
import type { ProxyService } from './proxy.service.js';
import { observeRequests, requestId } from './request-context.js';
import type { SumdbService } from './sumdb.service.js';
import { routedTarget } from './target.js';
import { answerUnrouted } from './unrouted.js';

/** Longer than the 90 s for which the go command keeps idle connections, so that it never meets one just closed. */
const KEEP_ALIVE = 120_000;

/** Makes the HTTP server that Nest runs on. */
export function createAdapter(config: Config): FastifyAdapter {
  return new FastifyAdapter({
    logger: false,
    genReqId: (request: Pick<IncomingMessage, 'headers'>) => requestId(request.headers),
    exposeHeadRoutes: false, // Fastify's would read whole files from storage and drop them.
    keepAliveTimeout: KEEP_ALIVE,
    http: { requireHostHeader: false }, // checked in the chain below, which answers in plain text
    clientErrorHandler: answerParserError,
    rewriteUrl: ({ url }: { readonly url?: string }) => routedTarget(url ?? '', config.basePath),
  });
}

interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly proxy: ProxyService;
  readonly link: Storage['link'];
  readonly sumdb: SumdbService;
  readonly index: VersionIndex;
  readonly catalog: VersionCatalog;
}

/** Adds all but Nest's pages: the order of a request is log and metrics, message, method, drain, probes, protocol. */
export function registerRoutes(server: FastifyInstance, parts: Parts): void {
  const { config, log, metrics, health } = parts;
  answerUnrouted(server.server);
  observeRequests(server, log, metrics);
  server.addHook('onRequest', (request, reply, next) => {
    const refusal = messageRefusal(request.raw) ?? methodRefusal(request.method);
    if (refusal) refuse(request, reply, refusal, config.notFoundTtl, log);
    else next();
  });
  server.addHook('onSend', (_request, reply, _payload, next) => {
    // A connection that was busy when the close began would else stay open until its keep-alive ends.
    if (health.isDraining) reply.header('connection', 'close');
    next();
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
