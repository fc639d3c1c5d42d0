import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Logger, Metrics } from '#libs/observability';
import type { CacheLabel } from './proxy.service.js';
import { pathOf } from './target.js';

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
export function requestId(headers: IncomingHttpHeaders): string {
  const chosen = headers['x-request-id'];
  return typeof chosen === 'string' && CHOSEN_ID.test(chosen) ? chosen : randomUUID();
}

/** A request as its log line and its metrics have it. */
export interface Asked {
  readonly id: string;
  readonly method: string;
  /** As it came: only its path is written down. */
  readonly target: string;
  readonly route: Route;
  readonly cache: CacheLabel | 'none';
  readonly fault: Error | null;
  /** From the request line to the end of the answer. */
  readonly milliseconds: number;
}

/** Writes the log line and the metrics of an answer that has ended, broken off or whole. */
export type ObserveAnswer = (
  asked: Asked,
  answer: Pick<ServerResponse, 'headersSent' | 'writableFinished' | 'statusCode'>,
) => void;

/** Makes the observer of all answers. */
export function answerObserver(log: Logger, metrics: Metrics): ObserveAnswer {
  return (asked, { headersSent, writableFinished: whole, statusCode: status }) => {
    const { route, cache, fault, milliseconds } = asked;
    const line = {
      requestId: asked.id,
      method: asked.method,
      path: pathOf(asked.target),
      cache,
      milliseconds: Math.round(milliseconds * 100) / 100,
    };
    if (!headersSent) return log.info(line, 'the client left before its answer');
    metrics.httpRequests.inc({ route, status, cache });
    metrics.httpDuration.observe({ route, cache }, milliseconds / 1000);
    if (fault) log.warn({ ...line, status, err: fault }, 'broken off: the storage failed');
    else log.info({ ...line, status }, whole ? 'answered' : 'broken off: the client left');
  };
}

/**
 * Adds to each request its labels, to each answer its id, and has its end observed: of an answer that was broken off as
 * well, which Fastify's own hook at the end is not told of.
 */
export function observeRequests(server: FastifyInstance, observe: ObserveAnswer): void {
  server.decorateRequest('route', 'other');
  server.decorateRequest('cache', 'none');
  server.decorateRequest('fault', null);
  server.addHook('onRequest', (request, reply, done) => {
    reply.raw.setHeader('x-request-id', request.id);
    reply.raw.once('close', () => {
      const { id, method, originalUrl: target, route, cache, fault } = request;
      observe({ id, method, target, route, cache, fault, milliseconds: reply.elapsedTime }, reply.raw);
    });
    done();
  });
}
