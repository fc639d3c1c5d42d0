import type { FastifyInstance } from 'fastify';
import type { VersionCatalog } from '#libs/catalog';
import type { Config } from '#libs/config';
import type { Logger } from '#libs/observability';
import { isCanonicalFor, RefusalError, type ModuleVersion } from '#libs/protocol';
import { refuse } from './proxy.routes.js';
import { countParameter, queryParameters } from './query-parameters.js';
import { listingHeaders } from './replies.js';

/** Default and maximum of `pagesize`. */
const MOST = 1000;

interface Parts {
  readonly catalog: VersionCatalog;
  readonly config: Config;
  readonly log: Logger;
}

/**
 * `GET /catalog?token=&pagesize=`: all complete versions, a page at a time, in the shape of Athens'. `next` is the token
 * of the page that follows, empty on the last.
 */
export function registerCatalog(server: FastifyInstance, { catalog, config, log }: Parts): void {
  server.route({
    method: ['GET', 'HEAD'],
    url: `${config.basePath}/catalog`,
    handler: async (request, reply) => {
      request.route = 'catalog';
      try {
        const parameters = queryParameters(request.raw.url ?? '');
        const size = countParameter(parameters, 'pagesize', MOST);
        const after = readToken(parameters.get('token') ?? '');
        reply.headers(listingHeaders());
        const { versions, last } = await catalog.page(after, size);
        request.cache = 'storage';
        const page = { modules: versions, next: last ? writeToken(last) : '' };
        // As bytes: Fastify adds a charset to the type of a JSON text.
        return await reply.send(Buffer.from(JSON.stringify(page)));
      } catch (error) {
        return refuse(request, reply, error, 0, log);
      }
    },
  });
}

/** A token is the version that the last page ended with, in letters that no URL changes. */
function writeToken({ module, version }: ModuleVersion): string {
  return Buffer.from(`${module}@${version}`).toString('base64url');
}

function readToken(token: string): ModuleVersion | null {
  if (token === '') return null;
  const [module = '', version = '', ...rest] = Buffer.from(token, 'base64url').toString('utf8').split('@');
  const known = rest.length === 0 && isCanonicalFor(module, version) && writeToken({ module, version }) === token;
  if (!known) throw new RefusalError('bad-request', 'token: not one that this catalog gave');
  return { module, version };
}
