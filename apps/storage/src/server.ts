import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { readVersion, registerProbes, type Health, type Logger, type Metrics } from '#libs/observability';
import { RefusalError } from '#libs/protocol';
import type { Scratch } from '#libs/ingest';
import type { ModuleStore, ObjectStore } from '#libs/storage';
import { Authorization } from './authorization.js';
import { registerModules } from './module.routes.js';
import { registerObjects } from './object.routes.js';
import { refusalOf, statusOf } from './refusals.js';
import { observeRequests } from './requests.js';

/** Longer than clients keep idle connections, so that they never meet one just closed. */
const KEEP_ALIVE = 120_000;
/** Milliseconds without a byte on a connection. A storage may take minutes over the last bytes of 2 GB. */
const IDLE = 600_000;

/** What a storage server is made of. */
export interface StorageServerParts {
  readonly objects: ObjectStore;
  readonly modules: ModuleStore;
  readonly scratch: Scratch;
  /** Undefined: nobody needs one. */
  readonly token: string | undefined;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
}

/**
 * Makes the server of a storage: docs/external-storage.md says what it answers. The order of a request is log and
 * metrics, probes, token, route.
 */
export function createStorageServer(parts: StorageServerParts): FastifyInstance {
  const { token, log, metrics, health } = parts;
  const fail = (error: unknown, { id: requestId, raw }: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const refusal = refusalOf(error, raw);
    if (refusal.kind === 'internal') log.error({ err: error, requestId }, 'internal error');
    else if (refusal.kind === 'busy' || refusal.kind === 'timeout')
      log.warn({ err: error, requestId }, refusal.message);
    return reply.code(statusOf(refusal)).type('text/plain; charset=utf-8').send(`${refusal.message}\n`);
  };
  const server = fastify({
    logger: false,
    exposeHeadRoutes: false, // Fastify's would read whole objects and drop them.
    keepAliveTimeout: KEEP_ALIVE,
    connectionTimeout: IDLE,
    requestTimeout: 0, // an upload may take as long as it flows
    frameworkErrors: (_error, request, reply) =>
      void fail(new RefusalError('bad-request', 'malformed URL'), request, reply as FastifyReply),
  });
  // Bodies are streamed by whoever wants them, whatever their type and size.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, _body, done) => done(null));
  server.setErrorHandler((error, request, reply) => fail(error, request, reply));
  server.setNotFoundHandler((request, reply) => fail(new RefusalError('method', 'no such route'), request, reply));

  observeRequests(server, log, metrics);
  const authorization = new Authorization(token);
  server.addHook('onRequest', (request, reply, next) => {
    if (health.isDraining) reply.header('connection', 'close');
    next(request.routeOptions.config.open === true ? undefined : (authorization.refusal(request.headers) ?? undefined));
  });
  server.register(async (probes) => {
    probes.addHook('onRoute', (route) => void (route.config = { ...route.config, open: true }));
    registerProbes(probes, health, readVersion());
  });
  registerObjects(server, parts);
  registerModules(server, parts);
  return server;
}
