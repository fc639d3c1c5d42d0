import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger, Metrics } from '#libs/observability';
import type { CacheLabel } from './proxy.service.js';
import { withoutQuery } from './target.js';

/** The class of a request, as metrics and logs name it. */
export type Route = 'list' | 'latest' | 'info' | 'mod' | 'zip' | 'query' | 'sumdb' | 'index' | 'catalog' | 'other';

declare module 'fastify' {
  interface FastifyRequest {
    route: Route;
    cache: CacheLabel | 'none';
  }
}

/** An id that a caller may choose: it goes to the logs, to the job and back. */
const CHOSEN_ID = /^[\w.:-]{1,64}$/;

/** The request's id: the caller's X-Request-Id if it is a plain word, else a new one. */
export function requestId(headers: FastifyRequest['raw']['headers']): string {
  const chosen = headers['x-request-id'];
  return typeof chosen === 'string' && CHOSEN_ID.test(chosen) ? chosen : randomUUID();
}

/** Adds to each request its labels, to each answer its id, and after the last byte a log line and its metrics. */
export function observeRequests(server: FastifyInstance, log: Logger, metrics: Metrics): void {
  server.decorateRequest('route', 'other');
  server.decorateRequest('cache', 'none');
  server.addHook('onRequest', (request, reply, done) => {
    reply.raw.setHeader('x-request-id', request.id);
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const { route, cache } = request;
    const milliseconds = reply.elapsedTime;
    metrics.httpRequests.inc({ route, status: reply.statusCode, cache });
    metrics.httpDuration.observe({ route, cache }, milliseconds / 1000);
    log.info(
      {
        requestId: request.id,
        method: request.method,
        path: withoutQuery(request.originalUrl),
        status: reply.statusCode,
        cache,
        milliseconds: Math.round(milliseconds * 100) / 100,
      },
      'answered',
    );
    done();
  });
}
