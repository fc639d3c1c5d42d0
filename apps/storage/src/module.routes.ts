import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Scratch } from '#libs/ingest';
import { compareVersions, RefusalError, type ModuleVersion } from '#libs/protocol';
import { moduleKey, type ModuleStore, type ObjectStore } from '#libs/storage';
import { parseModuleRoute, type ModuleRoute } from './module-route.js';
import { saveVersion } from './save.js';
import { receiveVersion } from './upload.js';
import { sendObject } from './send.js';

interface Parts {
  readonly objects: ObjectStore;
  readonly modules: ModuleStore;
  readonly scratch: Scratch;
}

const TYPES = { info: 'application/json', mod: 'text/plain; charset=utf-8', zip: 'application/zip' } as const;
const METHODS: Readonly<Record<ModuleRoute['kind'], readonly string[]>> = {
  list: ['GET'],
  info: ['GET', 'HEAD'],
  mod: ['GET', 'HEAD'],
  zip: ['GET', 'HEAD'],
  save: ['POST'],
  delete: ['DELETE'],
};

/** Adds the six routes that every storage server has. */
export function registerModules(server: FastifyInstance, { objects, modules, scratch }: Parts): void {
  const list = async (module: string, reply: FastifyReply): Promise<FastifyReply> => {
    const versions = (await modules.versions(module)).sort(compareVersions);
    return reply.type('text/plain; charset=utf-8').send(versions.map((version) => `${version}\n`).join(''));
  };
  const save = async (version: ModuleVersion, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    await scratch.use(async (folder) => saveVersion(objects, version, await receiveVersion(request.raw, folder)));
    return reply.code(200).send();
  };

  server.route({
    method: ['GET', 'HEAD', 'POST', 'DELETE'],
    url: '/*',
    handler: async (request, reply) => {
      const route = parseModuleRoute(request.url.replace(/\?.*$/s, ''));
      request.kind = route.kind;
      if (!METHODS[route.kind].includes(request.method)) {
        reply.header('allow', METHODS[route.kind].join(', '));
        throw new RefusalError('method', `${request.method} is not served here`);
      }
      switch (route.kind) {
        case 'list':
          return list(route.module, reply);
        case 'save':
          return save(route.version, request, reply);
        case 'delete':
          await modules.delete(route.version);
          return reply.code(200).send();
        default:
          return sendObject(request, reply, objects, moduleKey(route.file), TYPES[route.kind]);
      }
    },
  });
}
