import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Health } from './health.js';
import type { Version } from './version.js';

/** Adds `/healthz` (the process turns), `/readyz` (JSON; 503 only when it can't serve) and `/version` to a listener. */
export function registerProbes(server: FastifyInstance, health: Health, version: Version, basePath = ''): void {
  const page = (path: string, handler: (reply: FastifyReply) => FastifyReply | Promise<FastifyReply>): void => {
    server.route({
      method: ['GET', 'HEAD'],
      url: `${basePath}${path}`,
      handler: (_request, reply) => handler(reply.header('cache-control', 'no-store')),
    });
  };
  page('/healthz', (reply) => reply.type('text/plain; charset=utf-8').send('ok\n'));
  page('/readyz', async (reply) => {
    const readiness = await health.readiness();
    const serves = readiness.status === 'ok' || readiness.status === 'degraded';
    return reply.code(serves ? 200 : 503).send(readiness);
  });
  page('/version', (reply) => reply.send(version));
}
