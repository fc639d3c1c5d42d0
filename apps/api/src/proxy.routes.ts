import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Found } from '#libs/catalog';
import type { Config } from '#libs/config';
import type { Logger } from '#libs/observability';
import { parseModuleRequest, parseSumdbRequest, RefusalError } from '#libs/protocol';
import { isPlain, select, type Selection } from './conditions.js';
import { RefusedAnswer, type Asker, type CacheLabel, type ProxyService } from './proxy.service.js';
import { cacheControl, contentType, freshFor, refusalReply, TEXT } from './replies.js';
import { targetPath } from './target.js';
import type { SumdbService } from './sumdb.service.js';

interface Parts {
  readonly proxy: ProxyService;
  readonly sumdb: SumdbService;
  readonly config: Config;
  readonly log: Logger;
}

/**
 * The GOPROXY protocol over HTTP: the raw URL is parsed once, dispatched, and the answer written. The routes are set
 * on Fastify itself: a Nest handler would cost a third of a hit.
 */
export function registerProxy(server: FastifyInstance, parts: Parts): void {
  const { proxy, sumdb, config, log } = parts;
  const names = config.sumdbs.map(({ name }) => name);

  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const path = targetPath(request.raw.url ?? '', config.basePath);
    if (path === null) throw new RefusalError('not-found', 'nothing is served here');
    return path.startsWith('/sumdb/') ? answerSumdb(path, request, reply) : answerModule(path, request, reply);
  };

  const answerModule = async (path: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const asked = parseModuleRequest(path);
    request.route = asked.kind;
    let selection: Selection = { status: 200 };
    const asker: Asker = {
      requestId: request.id,
      // Without conditions one read of the storage answers; with them the size and validators come first.
      choose: isPlain(request.method, request.headers)
        ? undefined
        : (stat) => {
            selection = select(request.method, request.headers, stat);
            if (selection.status === 206) return selection.range;
            return selection.status === 200 && request.method === 'GET' ? 'all' : 'nothing';
          },
    };
    const { found, cache } = await proxy.answer(asked, asker);
    reply
      .header('content-type', contentType(asked.kind))
      .header('cache-control', cacheControl(asked.kind, found.fresh));
    return send(request, reply, found, cache, selection);
  };

  const answerSumdb = async (path: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    request.route = 'sumdb';
    const asked = parseSumdbRequest(path, names);
    if (asked.kind === 'supported') {
      if (!sumdb.supported) throw new RefusalError('not-found', `${asked.name}: this proxy is offline`);
      return reply.header('content-type', TEXT).header('cache-control', 'no-store').send('');
    }
    const { answer: found, cache } = await sumdb.answer(asked, { requestId: request.id });
    reply.header('content-type', contentType(asked.kind)).header('cache-control', freshFor(found.fresh));
    const { stat, body } = found.body;
    return send(request, reply, { stat, body: request.method === 'HEAD' ? null : body }, cache, { status: 200 });
  };

  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    try {
      return await answer(request, reply);
    } catch (error) {
      return refuse(request, reply, error, config.notFoundTtl, log);
    }
  };
  server.route({ method: ['GET', 'HEAD'], url: '/*', handler });
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  { stat, body }: Pick<Found, 'stat' | 'body'>,
  cache: CacheLabel,
  selection: Selection,
): FastifyReply {
  request.cache = cache;
  const { range } = selection;
  reply
    .code(selection.status)
    .header('x-stoa-cache', cache)
    .header('etag', `"${stat.etag}"`)
    .header('last-modified', stat.modified.toUTCString())
    .header('accept-ranges', 'bytes');
  if (selection.status === 304) return reply.send();
  if (selection.status === 416)
    return reply
      .header('content-range', `bytes */${stat.size}`)
      .header('content-type', TEXT)
      .send('range not satisfiable\n');
  if (range) reply.header('content-range', `bytes ${range.start}-${range.end}/${stat.size}`);
  reply.header('content-length', range ? range.end - range.start + 1 : stat.size);
  return reply.send(body ?? undefined);
}

/** Writes a refusal; what is none is our own fault, logged in full and told as `internal error`. */
export function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
  negativeTtl: number,
  log: Logger,
): FastifyReply {
  const refusal = error instanceof RefusalError ? error : new RefusalError('internal', 'internal error');
  const cached = error instanceof RefusedAnswer ? error.cached : undefined;
  request.cache = cached === undefined ? 'none' : 'negative';
  if (refusal.kind === 'internal') log.error({ err: error, requestId: request.id }, 'internal error');
  const { status, headers, body } = refusalReply(refusal, request.id, cached ?? negativeTtl);
  return reply
    .code(status)
    .headers({ ...headers, 'x-stoa-cache': 'negative' })
    .removeHeader('etag')
    .send(body);
}
