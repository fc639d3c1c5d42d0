import type { FastifyInstance } from 'fastify';
import type { VersionIndex } from '#libs/catalog';
import type { Config } from '#libs/config';
import type { Logger } from '#libs/observability';
import { parseRfc3339, RefusalError } from '#libs/protocol';
import { refuse } from './proxy.routes.js';
import { countParameter, queryParameters } from './query-parameters.js';
import { listingHeaders } from './replies.js';

/** Default and maximum of `limit`, as the public index has it. */
const MOST = 2000;

interface Parts {
  readonly index: VersionIndex;
  readonly config: Config;
  readonly log: Logger;
}

/**
 * `GET /index?since=&limit=&include=`: the order in which versions became complete, a JSON object a line, as the public
 * module index tells it. `include=all` is accepted: nothing is left out in any case.
 */
export function registerIndex(server: FastifyInstance, { index, config, log }: Parts): void {
  server.route({
    method: ['GET', 'HEAD'],
    url: `${config.basePath}/index`,
    handler: async (request, reply) => {
      request.route = 'index';
      try {
        const { since, limit } = readParameters(request.raw.url ?? '');
        reply.headers(listingHeaders());
        const entries = await index.read(since, limit);
        request.cache = 'storage';
        // As bytes: Fastify adds a charset to the type of a JSON text.
        return await reply.send(Buffer.from(entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')));
      } catch (error) {
        return refuse(request, reply, error, 0, log);
      }
    },
  });
}

function readParameters(target: string): { since: bigint; limit: number } {
  const parameters = queryParameters(target);
  // A plus sign that was not escaped, as in an offset, is a space in a query.
  const since = parseRfc3339((parameters.get('since') || '1970-01-01T00:00:00Z').replace(' ', '+'));
  if (since === null) throw new RefusalError('bad-request', 'since: not a time in RFC 3339');
  if (!['', 'all'].includes(parameters.get('include') ?? '')) {
    throw new RefusalError('bad-request', 'include: only "all" is known');
  }
  return { since, limit: countParameter(parameters, 'limit', MOST) };
}
