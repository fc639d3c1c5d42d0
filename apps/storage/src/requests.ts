import type { FastifyInstance } from 'fastify';
import type { Logger, Metrics } from '#libs/observability';

declare module 'fastify' {
  interface FastifyRequest {
    /** What is asked, as metrics name it. */
    kind: 'list' | 'info' | 'mod' | 'zip' | 'save' | 'delete' | 'object' | 'objects' | 'other';
  }
  interface FastifyContextConfig {
    /** No token is needed. */
    open?: boolean;
  }
}

/** Adds the mark of the protocol to each answer, and after the last byte a log line and its metrics. */
export function observeRequests(server: FastifyInstance, log: Logger, metrics: Metrics): void {
  server.decorateRequest('kind', 'other');
  server.addHook('onRequest', (_request, reply, done) => {
    reply.header('stoa-storage', '1');
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const { kind: route, id, method, url } = request;
    const milliseconds = reply.elapsedTime;
    metrics.httpRequests.inc({ route, status: reply.statusCode, cache: 'none' });
    metrics.httpDuration.observe({ route, cache: 'none' }, milliseconds / 1000);
    log.info(
      {
        requestId: id,
        method,
        path: url,
        status: reply.statusCode,
        milliseconds: Math.round(milliseconds * 100) / 100,
      },
      'answered',
    );
    done();
  });
}
