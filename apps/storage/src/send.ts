import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RefusalError } from '#libs/protocol';
import type { ByteRange, ObjectBody, ObjectStat, ObjectStore } from '#libs/storage';

/** Answers GET or HEAD with an object, or a range of it. Throws a not-found refusal. */
export async function sendObject(
  request: FastifyRequest,
  reply: FastifyReply,
  objects: ObjectStore,
  key: string,
  type = 'application/octet-stream',
): Promise<FastifyReply> {
  const asked = request.method === 'GET' ? /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') : null;
  if (request.method === 'GET' && !asked) {
    const found = await objects.get(key);
    if (!found) throw absent();
    return sendBody(request, describe(reply, found.stat, type).header('content-length', found.stat.size), found.body);
  }
  const stat = await objects.stat(key);
  if (!stat) throw absent();
  describe(reply, stat, type);
  if (!asked) return reply.header('content-length', stat.size).send();
  const range = { start: Number(asked[1]), end: Math.min(Number(asked[2]), stat.size - 1) };
  if (range.start > range.end)
    return reply.code(416).header('content-range', `bytes */${stat.size}`).type('text/plain').send('no such range\n');
  return sendRange(request, reply, objects, key, range);
}

async function sendRange(
  request: FastifyRequest,
  reply: FastifyReply,
  objects: ObjectStore,
  key: string,
  range: ByteRange,
): Promise<FastifyReply> {
  const found = await objects.get(key, range);
  if (!found) throw absent();
  // The stat again: it may have been replaced since.
  reply
    .code(206)
    .headers(validators(found.stat))
    .header('content-range', `bytes ${range.start}-${range.end}/${found.stat.size}`)
    .header('content-length', range.end - range.start + 1);
  return sendBody(request, reply, found.body);
}

function sendBody(request: FastifyRequest, reply: FastifyReply, body: ObjectBody['body']): FastifyReply {
  if (body instanceof Readable) body.once('error', (error) => (request.fault = error));
  return reply.send(body);
}

function describe(reply: FastifyReply, stat: ObjectStat, type: string): FastifyReply {
  return reply.type(type).header('accept-ranges', 'bytes').headers(validators(stat));
}

function validators({ etag, modified }: ObjectStat): Record<string, string> {
  return { etag: `"${etag}"`, 'last-modified': modified.toUTCString() };
}

function absent(): RefusalError {
  return new RefusalError('not-found', 'not stored');
}
