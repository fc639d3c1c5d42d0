import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ObjectEntry, ObjectStore } from '#libs/storage';
import { bodyOf, holds } from './bodies.js';
import { Conflict } from './refusals.js';
import { sendObject } from './send.js';

const OBJECTS = '/-/objects';
/** Entries of one page of a list, at most. */
const PAGE = 1000;
/** A file of a version: created once, whatever a client says. */
const IMMUTABLE = /^(?!\.meta\/).+\/@v\/[^/]+\.(?:info|mod|zip)$/;

/** Adds the extension: objects by key, and lists of keys. */
export function registerObjects(server: FastifyInstance, { objects }: { readonly objects: ObjectStore }): void {
  const read = async (request: FastifyRequest, reply: FastifyReply, key: string): Promise<FastifyReply> =>
    sendObject(request, reply, objects, key);

  const put = async (request: FastifyRequest, reply: FastifyReply, key: string): Promise<FastifyReply> => {
    const length = request.headers['content-length'];
    if (length === undefined) return reply.code(411).type('text/plain').send('a PUT has a Content-Length\n');
    const size = Number(length);
    const create = request.headers['if-none-match'] === '*';
    const immutable = IMMUTABLE.test(key);
    const found = create || immutable ? await objects.stat(key) : null;
    if (found && create) return exists(reply);
    const body = bodyOf(request.raw);
    if (found) {
      if (!(await holds(objects, key, body, size))) throw new Conflict();
      return reply.code(200).send();
    }
    const stored = await objects.put(key, body, { size, mode: create || immutable ? 'create' : 'replace' });
    // Somebody was quicker, and the body is read.
    if (!stored && !create) throw new Conflict();
    return stored ? reply.code(201).send() : exists(reply);
  };

  const remove = async (_request: FastifyRequest, reply: FastifyReply, key: string): Promise<FastifyReply> => {
    await objects.delete(key);
    return reply.code(204).send();
  };

  const handlers = { GET: read, HEAD: read, PUT: put, DELETE: remove } as const;
  server.route({
    method: Object.keys(handlers),
    url: `${OBJECTS}/*`,
    handler: async (request, reply) => {
      request.kind = 'object';
      return handlers[request.method as keyof typeof handlers](request, reply, keyOf(request.url));
    },
  });
  server.get(OBJECTS, async (request, reply) => {
    request.kind = 'objects';
    const { prefix = '', after = '', limit = String(PAGE) } = request.query as Record<string, string | undefined>;
    const most = /^\d+$/.test(limit) ? Math.min(Number(limit), PAGE) : PAGE;
    return reply.send(await page(objects, prefix, after, most));
  });
}

async function page(objects: ObjectStore, prefix: string, after: string, limit: number): Promise<object> {
  const entries: ObjectEntry[] = [];
  // Asked for nothing, it tells that it is there, and no more.
  if (limit === 0) return { objects: entries, more: false };
  for await (const entry of objects.list(prefix, after)) {
    if (entries.length === limit) return { objects: entries, more: true };
    entries.push(entry);
  }
  return { objects: entries, more: false };
}

function keyOf(url: string): string {
  const path = url.replace(/\?.*$/s, '');
  return decodeURIComponent(path.slice(OBJECTS.length + 1));
}

function exists(reply: FastifyReply): FastifyReply {
  return reply.code(412).type('text/plain').send('it exists\n');
}
