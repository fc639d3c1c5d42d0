import type { FastifyInstance } from 'fastify';
import type { Logger, Metrics } from '#libs/observability';

declare module 'fastify' {
  interface FastifyRequest {
    /** What is asked, as metrics name it. */
    kind: 'list' | 'info' | 'mod' | 'zip' | 'save' | 'delete' | 'object' | 'objects' | 'other';
    /** What its answer's body failed with, when the bytes were on their way already. */
    fault: Error | null;
  }
  interface FastifyContextConfig {
    /** No token is needed. */
    open?: boolean;
  }
}

/**
 * Adds the mark of the protocol to each answer, and at its end a log line and its metrics: of one that was broken off as
 * well, which Fastify's own hook at the end is not told of.
 */
export function observeRequests(server: FastifyInstance, log: Logger, metrics: Metrics): void {
  server.decorateRequest('kind', 'other');
  server.decorateRequest('fault', null);
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('stoa-storage', '1');
    // Fastify counts an answer's time for hooks of its own alone.
    const started = performance.now();
    reply.raw.once('close', () => {
      const { kind: route, id, method, url, fault } = request;
      const { headersSent, writableFinished, statusCode: status } = reply.raw;
      const milliseconds = performance.now() - started;
      const line = { requestId: id, method, path: url, milliseconds: Math.round(milliseconds * 100) / 100 };
      if (!headersSent) return log.info(line, 'the client left before its answer');
      metrics.httpRequests.inc({ route, status, cache: 'none' });
      metrics.httpDuration.observe({ route, cache: 'none' }, milliseconds / 1000);
      if (fault) log.warn({ ...line, status, err: fault }, 'broken off: the storage failed');
      else log.info({ ...line, status }, writableFinished ? 'answered' : 'broken off: the client left');
    });
    done();
  });
}
