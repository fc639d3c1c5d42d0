import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '#libs/observability';
import { parseModuleRequest, RefusalError } from '#libs/protocol';
import { refusalReply } from './replies.js';
import { requestId } from './request-context.js';
import type { RefreshService } from './refresh.service.js';
import { pathOf } from './target.js';

const PREFIX = '/-/refresh/';

interface Parts {
  readonly refresh: RefreshService;
  readonly log: Logger;
}

/** `POST /-/refresh/<escaped module>` on the operators' listener: what is known of a module is asked anew, at once. */
export async function registerRefresh(server: FastifyInstance, { refresh, log }: Parts): Promise<void> {
  await server.register((scope, _options, done) => {
    // A webhook may send anything with its call; nothing of it is wanted.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, body, parsed) => {
      body.resume();
      parsed(null);
    });
    scope.post(`${PREFIX}*`, async (request, reply) => {
      const id = requestId(request.headers);
      try {
        const module = parseModule(request.raw.url ?? '');
        const refreshed = await refresh.refresh(module, id);
        log.info({ requestId: id, from: request.ip, ...refreshed }, 'refreshed by an operator');
        return await reply.headers({ 'cache-control': 'no-store', 'x-request-id': id }).send(refreshed);
      } catch (error) {
        return refuse(request, reply, error, id, log);
      }
    });
    scope.route({
      method: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'],
      url: `${PREFIX}*`,
      handler: async (request, reply) => {
        const refusal = new RefusalError('method', `${request.method} is not served here, only POST`);
        return refuse(request, reply, refusal, requestId(request.headers), log);
      },
    });
    done();
  });
}

/** The module of `/-/refresh/<escaped module>`. Throws RefusalError `not-found`, as for any malformed path. */
function parseModule(target: string): string {
  const escaped = pathOf(target).slice(PREFIX.length);
  return parseModuleRequest(`/${escaped}/@latest`).module;
}

function refuse(request: FastifyRequest, reply: FastifyReply, error: unknown, id: string, log: Logger): FastifyReply {
  const refusal = error instanceof RefusalError ? error : new RefusalError('internal', 'internal error');
  if (refusal.kind === 'internal') log.error({ err: error, requestId: id }, 'internal error');
  const fields = {
    requestId: id,
    from: request.ip,
    path: pathOf(request.url),
    kind: refusal.kind,
    reason: refusal.message,
  };
  log.info(fields, 'refresh refused');
  const { status, headers, body } = refusalReply(refusal, id, 0);
  if (refusal.kind === 'method') headers['allow'] = 'POST';
  return reply
    .code(status)
    .headers({ ...headers, 'cache-control': 'no-store', 'x-request-id': id })
    .send(body);
}
