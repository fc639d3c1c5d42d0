import type { FastifyInstance } from 'fastify';
import type { Health } from './health.js';
import type { Version } from './version.js';

/** Adds `/healthz` (the process turns), `/readyz` (JSON; 503 only when it can't serve) and `/version` to a listener. */
export function registerProbes(server: FastifyInstance, health: Health, version: Version, basePath = ''): void {
  server.get(`${basePath}/healthz`, (_request, reply) =>
    reply.type('text/plain; charset=utf-8').header('cache-control', 'no-store').send('ok\n'),
  );
  server.get(`${basePath}/readyz`, async (_request, reply) => {
    const readiness = await health.readiness();
    const serves = readiness.status === 'ok' || readiness.status === 'degraded';
    return reply
      .code(serves ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(readiness);
  });
  server.get(`${basePath}/version`, (_request, reply) => reply.header('cache-control', 'no-store').send(version));
}
