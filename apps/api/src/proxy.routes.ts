import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Found } from '#libs/catalog';
import type { Config } from '#libs/config';
import type { Logger } from '#libs/observability';
import { parseModuleRequest, parseSumdbRequest, RefusalError, type ModuleFile } from '#libs/protocol';
import { moduleKey, type Storage } from '#libs/storage';
import { CACHED_ONLY_HEADER, readCachedOnly } from './cached-only.js';
import { Conditions, type Selection } from './conditions.js';
import { leftSignal } from './left.js';
import { RefusedAnswer, type Asker, type ProxyService } from './proxy.service.js';
import {
  freshFor,
  LINK_LIFETIME,
  redirectReply,
  refusalReply,
  storedHeaders,
  storedKind,
  sumdbContentType,
  TEXT,
  unmetReply,
  type StoredKind,
} from './replies.js';
import { targetPath } from './target.js';
import type { SumdbService } from './sumdb.service.js';

interface Parts {
  readonly proxy: ProxyService;
  /** See Storage. */
  readonly link: Storage['link'];
  readonly sumdb: SumdbService;
  readonly config: Config;
  readonly log: Logger;
}

/** A request as far as it is read without its path. */
interface Asking {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Null: not below the base path. */
  readonly path: string | null;
  readonly asker: Asker;
  readonly conditions: Conditions;
}

/**
 * The GOPROXY protocol over HTTP: the raw URL is parsed once, dispatched, and the answer written. The routes are set
 * on Fastify itself: a Nest handler would cost a third of a hit.
 */
export function registerProxy(server: FastifyInstance, parts: Parts): void {
  const { proxy, sumdb, link, config, log } = parts;
  const names = config.sumdbs.map(({ name }) => name);
  const redirects = config.storage.kind === 's3' && config.storage.publicEndpoint !== null;

  const answer = async (asking: Asking): Promise<FastifyReply> => {
    const { path } = asking;
    if (path === null) throw new RefusalError('not-found', 'nothing is served here');
    return path.startsWith('/sumdb/') ? answerSumdb(path, asking) : answerModule(path, asking);
  };

  const answerModule = async (path: string, { request, reply, asker, conditions }: Asking): Promise<FastifyReply> => {
    const asked = parseModuleRequest(path);
    request.route = asked.kind;
    if (asked.kind === 'zip' && redirects && request.method === 'GET') return redirect(asked, request, reply, asker);
    const { found, cache } = await proxy.answer(asked, asker);
    return send(request, reply, found, storedKind(asked.kind, found.fresh, cache), conditions.selection);
  };

  /** Sends the client to the storage for a zip that is there by now; ranges and conditions are answered there. */
  const redirect = async (
    file: ModuleFile,
    request: FastifyRequest,
    reply: FastifyReply,
    asker: Asker,
  ): Promise<FastifyReply> => {
    const { cache } = await proxy.answer(file, { ...asker, choose: () => 'nothing' });
    const location = await link(moduleKey(file), LINK_LIFETIME);
    if (location === null) throw new Error('the storage gives no links');
    request.cache = cache;
    const { status, headers } = redirectReply(location);
    return reply.code(status).headers(headers).header('x-stoa-cache', cache).send('');
  };

  const answerSumdb = async (path: string, { request, reply, asker, conditions }: Asking): Promise<FastifyReply> => {
    request.route = 'sumdb';
    const asked = parseSumdbRequest(path, names);
    if (asked.kind === 'supported') {
      if (!sumdb.supported) throw new RefusalError('not-found', `${asked.name}: this proxy is offline`);
      return reply.header('content-type', TEXT).header('cache-control', 'no-store').send('');
    }
    const { answer: found, cache } = await sumdb.answer(asked, asker);
    const kind = { type: sumdbContentType(asked), caching: freshFor(found.fresh), cache };
    return send(request, reply, found, kind, conditions.selection);
  };

  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const asking = read(request, reply, config.basePath);
    try {
      return await answer(asking);
    } catch (error) {
      // What is not stored may be had without the header, and by whoever asks next: no cache may keep this answer.
      const negativeTtl = asking.asker.cachedOnly ? 0 : config.notFoundTtl;
      return refuse(request, reply.header('vary', CACHED_ONLY_HEADER), error, negativeTtl, log);
    }
  };
  server.route({ method: ['GET', 'HEAD'], url: '/*', handler });
}

function read(request: FastifyRequest, reply: FastifyReply, basePath: string): Asking {
  const { id, method, headers, originalUrl } = request;
  const { path, cachedOnly } = readCachedOnly(targetPath(originalUrl, basePath), headers);
  const conditions = new Conditions(method, headers);
  const left = (): AbortSignal => leftSignal(reply.raw);
  return { request, reply, path, asker: { requestId: id, choose: conditions.choose, cachedOnly, left }, conditions };
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  { stat, body, fresh }: Found,
  kind: StoredKind,
  selection: Selection,
): FastifyReply {
  request.cache = kind.cache;
  const { range } = selection;
  reply.code(selection.status).headers(storedHeaders(stat, kind));
  // What never changes is the same for all. Else a caller who disables fetching may get an older answer.
  if (fresh !== Infinity) reply.header('vary', CACHED_ONLY_HEADER);
  if (selection.status === 304) return reply.send();
  if (selection.status === 412 || selection.status === 416) {
    const { headers, body: text } = unmetReply(selection.status, stat.size);
    return reply.headers(headers).send(text);
  }
  if (range) reply.header('content-range', `bytes ${range.start}-${range.end}/${stat.size}`);
  reply.header('content-length', range ? range.end - range.start + 1 : stat.size);
  if (body instanceof Readable) body.once('error', (error) => (request.fault = error));
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
  const answered = error instanceof RefusedAnswer ? error : null;
  request.cache = answered?.cached ? 'negative' : 'none';
  if (refusal.kind === 'internal') log.error({ err: error, requestId: request.id }, 'internal error');
  const { status, headers, body } = refusalReply(refusal, request.id, answered?.holds ?? negativeTtl);
  return reply
    .code(status)
    .headers({ ...headers, 'x-stoa-cache': 'negative' })
    .removeHeader('etag')
    .send(body);
}
