import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ListenAddress } from '#libs/config';
import type { Health } from './health.js';
import type { Metrics } from './metrics.js';
import { registerProbes } from './probes.js';
import { removeStaleSocket } from './stale-socket.js';
import { readVersion } from './version.js';

/**
 * The operators' listener of a process: `/metrics`, the probes, and what the process adds to it.
 * It is separate from the clients' one, so that metrics and admin writes can stay on an inner address.
 */
export async function createOpsServer(metrics: Metrics, health: Health): Promise<FastifyInstance> {
  // Loaded by a process that serves: a command that administers a storage starts without it.
  const { fastify } = await import('fastify');
  const server = fastify({
    logger: false,
    forceCloseConnections: true,
    frameworkErrors: (_error, request, reply) => notFound(request, reply),
  });
  server.setNotFoundHandler(notFound);
  registerProbes(server, health, readVersion());
  server.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.page()),
  );
  return server;
}

/** Plain text, as all that a gateway refuses: Fastify's own answers are objects. */
function notFound(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.code(404).type('text/plain; charset=utf-8').send('not found: no such route\n');
}

/** Binds a Fastify server to a TCP or unix address and gives what clients type: `http://host:port` or `unix:/path`. */
export async function listen(server: FastifyInstance, address: ListenAddress): Promise<string> {
  if ('socket' in address) {
    await removeStaleSocket(address.socket);
    await server.listen({ path: address.socket });
    return `unix:${address.socket}`;
  }
  await server.listen({ host: address.host, port: address.port });
  const bound = server.server.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : address.port;
  const host = address.host === '0.0.0.0' || address.host === '::' ? '127.0.0.1' : address.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
