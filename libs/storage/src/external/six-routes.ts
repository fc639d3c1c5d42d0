import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { parseList, RefusalError, type ModuleVersion } from '#libs/protocol';
import { checkRange, readBody } from '../body.js';
import type { ByteRange, ObjectBody, ObjectStat } from '../object-store.js';
import { receiveBody } from '../remote-body.js';
import { moduleKey, versionsFolder } from '../tree/keys.js';
import { hasObjects } from './external.object-store.js';
import { contentLength, header } from './object-answer.js';
import { dropBody, unexpectedStatus, type LinkAnswer, type StorageLink } from './storage-link.js';

/** The files of a version, in the order in which a save has them. */
export const PARTS = ['info', 'mod', 'zip'] as const;

export type Part = (typeof PARTS)[number];

/** Reads what is there. */
type Reading<T> = (answer: LinkAnswer) => T | Promise<T>;

/** Bytes of an `.info` or a `.mod` at most: what is longer is none. */
const LONGEST_TEXT = 16 * 1024 * 1024;

/** Asks a storage server by the six basic routes, which are all that one must have: see docs/external-storage.md. */
export class SixRoutes {
  constructor(private readonly link: StorageLink) {}

  /** Gives the versions that the server lists of a module; none of an unknown one. */
  async list(module: string): Promise<string[]> {
    const path = routePath(`${versionsFolder(module)}list`);
    const list = await this.read(path, async ({ body }) => parseList((await readBody(body)).toString('utf8')));
    return list ?? [];
  }

  /** Tells whether the server has a version: it has all of its files then. */
  async has(version: ModuleVersion): Promise<boolean> {
    const found = await this.file('info', version, ({ body }) => {
      dropBody(body);
      return true;
    });
    return found ?? false;
  }

  async stat(part: Part, version: ModuleVersion): Promise<ObjectStat | null> {
    return this.file(part, version, async (answer) => {
      if (part !== 'zip') return (await readText(answer)).stat;
      // The routes have no HEAD.
      dropBody(answer.body);
      return statOfZip(answer.headers);
    });
  }

  async get(part: Part, version: ModuleVersion, range?: ByteRange): Promise<ObjectBody | null> {
    return this.file(part, version, async (answer) => {
      if (part === 'zip') return readZip(answer, range);
      const { stat, bytes } = await readText(answer);
      if (range) checkRange(range, stat.size);
      return { stat, body: range ? bytes.subarray(range.start, range.end + 1) : bytes, tier: 'storage' };
    });
  }

  /** Saves a version whole. False: the server has another content of it, which stays. */
  async save(version: ModuleVersion, parts: Readonly<Record<Part, ObjectBody>>): Promise<boolean> {
    const boundary = `stoa-${randomUUID()}`;
    const frames = PARTS.map((part) => ({ head: partHead(boundary, part), content: parts[part] }));
    const end = Buffer.from(`\r\n--${boundary}--\r\n`);
    const size = frames.reduce((sum, { head, content }) => sum + head.length + content.stat.size, end.length);
    async function* form(): AsyncGenerator<Buffer> {
      for (const { head, content } of frames) {
        yield head;
        if (Buffer.isBuffer(content.body)) yield content.body;
        else yield* content.body as AsyncIterable<Buffer>;
      }
      yield end;
    }
    const { statusCode, body } = await this.link.send({
      method: 'POST',
      path: routePath(versionKey('info', version).replace(/info$/, 'save')),
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, 'content-length': String(size) },
      body: Readable.from(form(), { objectMode: false }),
    });
    dropBody(body);
    if (statusCode === 200) return true;
    if (statusCode === 409) return false;
    throw new RefusalError('busy', 'the storage does not take the version', {
      cause: unexpectedStatus(statusCode).cause,
    });
  }

  /** Removes a version; an absent one is no error. */
  async delete(version: ModuleVersion): Promise<void> {
    const path = routePath(versionKey('info', version).replace(/info$/, 'delete'));
    await this.link.ask({ method: 'DELETE', path }, ({ statusCode, body }) => {
      dropBody(body);
      if (statusCode >= 300 && statusCode !== 404) throw unexpectedStatus(statusCode);
    });
  }

  /** Throws when the server does not answer. */
  async check(): Promise<void> {
    await hasObjects(this.link);
  }

  async close(): Promise<void> {
    await this.link.close();
  }

  private async file<T>(part: Part, version: ModuleVersion, read: Reading<T>): Promise<T | null> {
    return this.read(routePath(versionKey(part, version)), read);
  }

  private async read<T>(path: string, read: Reading<T>): Promise<T | null> {
    return this.link.ask({ method: 'GET', path }, (answer) => {
      if (answer.statusCode === 200) return read(answer);
      dropBody(answer.body);
      if (answer.statusCode === 404) return null;
      throw unexpectedStatus(answer.statusCode);
    });
  }
}

function versionKey(kind: Part, version: ModuleVersion): string {
  return moduleKey({ kind, ...version });
}

/** As Go's client writes it: `!`, `@` and `+` stand for themselves. */
function routePath(key: string): string {
  return `/${encodeURIComponent(key).replaceAll(/%(?:2F|40|2B)/g, decodeURIComponent)}`;
}

function partHead(boundary: string, part: Part): Buffer {
  const before = part === PARTS[0] ? '' : '\r\n';
  return Buffer.from(
    `${before}--${boundary}\r\nContent-Disposition: form-data; name="mod.${part}"; filename="mod.${part}"\r\n` +
      'Content-Type: application/octet-stream\r\n\r\n',
  );
}

/** Go sends a text of more than 2 KB without its length: it is read whole, and the end of the chunks is its end. */
async function readText({ headers, body }: LinkAnswer): Promise<{ stat: ObjectStat; bytes: Buffer }> {
  const bytes = await readBody(body, LONGEST_TEXT);
  const etag = createHash('sha256').update(bytes).digest('base64url');
  return { stat: { size: bytes.length, modified: modifiedOf(headers), etag }, bytes };
}

async function readZip({ headers, body }: LinkAnswer, range?: ByteRange): Promise<ObjectBody> {
  try {
    const stat = statOfZip(headers);
    if (range) checkRange(range, stat.size);
    return { stat, body: await receiveBody(body, stat.size, range), tier: 'storage' };
  } catch (error) {
    dropBody(body);
    throw error;
  }
}

function statOfZip(headers: LinkAnswer['headers']): ObjectStat {
  const size = contentLength(headers);
  // Without it, a body that ends short could not be told from a whole one.
  if (size === null) throw new Error('external storage: the server does not say the length of a zip');
  const modified = modifiedOf(headers);
  // A version never changes: where the server has no validator of its own, the size is as good as one.
  const etag = /^"([^"]+)"$/.exec(header(headers, 'etag'))?.[1] ?? `${size}-${modified.getTime()}`;
  return { size, modified, etag };
}

/** What the server does not date is as old as can be: nobody's copy of it is out of date. */
function modifiedOf(headers: LinkAnswer['headers']): Date {
  const modified = new Date(header(headers, 'last-modified'));
  return Number.isNaN(modified.getTime()) ? new Date(0) : modified;
}
