import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger, Metrics } from '#libs/observability';
import type { CacheLabel } from './proxy.service.js';
import { withoutQuery } from './target.js';

/** The class of a request, as metrics and logs name it. */
export type Route = 'list' | 'latest' | 'info' | 'mod' | 'zip' | 'query' | 'sumdb' | 'index' | 'catalog' | 'other';

declare module 'fastify' {
  interface FastifyRequest {
    route: Route;
    cache: CacheLabel | 'none';
    /** What its answer's body failed with, when the bytes were on their way already. */
    fault: Error | null;
  }
}

/** An id that a caller may choose: it goes to the logs, to the job and back. */
const CHOSEN_ID = /^[\w.:-]{1,64}$/;

/** The request's id: the caller's X-Request-Id if it is a plain word, else a new one. */
export function requestId(headers: FastifyRequest['raw']['headers']): string {
  const chosen = headers['x-request-id'];
  return typeof chosen === 'string' && CHOSEN_ID.test(chosen) ? chosen : randomUUID();
}

/**
 * Adds to each request its labels, to each answer its id, and at its end a log line and its metrics: of an answer that
 * was broken off as well, which Fastify's own hook at the end is not told of.
 */
export function observeRequests(server: FastifyInstance, log: Logger, metrics: Metrics): void {
  server.decorateRequest('route', 'other');
  server.decorateRequest('cache', 'none');
  server.decorateRequest('fault', null);
  server.addHook('onRequest', (request, reply, done) => {
    reply.raw.setHeader('x-request-id', request.id);
    reply.raw.once('close', () => observeEnd(request, reply));
    done();
  });

  const observeEnd = (request: FastifyRequest, reply: FastifyReply): void => {
    const { route, cache, fault } = request;
    const milliseconds = reply.elapsedTime;
    const line = {
      requestId: request.id,
      method: request.method,
      path: withoutQuery(request.originalUrl),
      cache,
      milliseconds: Math.round(milliseconds * 100) / 100,
    };
    const { headersSent, writableFinished: whole, statusCode: status } = reply.raw;
    if (!headersSent) return log.info(line, 'the client left before its answer');
    metrics.httpRequests.inc({ route, status, cache });
    metrics.httpDuration.observe({ route, cache }, milliseconds / 1000);
    if (fault) log.warn({ ...line, status, err: fault }, 'broken off: the storage failed');
    else log.info({ ...line, status }, whole ? 'answered' : 'broken off: the client left');
  };
}
