import { Readable } from 'node:stream';
import { RefusalError } from '#libs/protocol';
import { SMALL_OBJECT } from '../body.js';
import { checkKey, prefixFolder } from '../key.js';
import { isConnectionFault, orRefusal } from '../network-fault.js';
import type {
  ByteRange,
  ObjectBody,
  ObjectEntry,
  ObjectSource,
  ObjectStat,
  ObjectStore,
  PutOptions,
  SmallPut,
} from '../object-store.js';
import { putInTurn } from '../put-in-turn.js';
import { reading, type SourceReader } from '../source-reader.js';
import { header, readObject, readPage, readStat } from './object-answer.js';
import { dropBody, unexpectedStatus, type Asking, type LinkAnswer, type StorageLink } from './storage-link.js';

/** Where a server with the extension keeps objects by key: no module path begins with a dash. */
const OBJECTS = '/-/objects';
const MARK = 'stoa-storage';
const PUT_TRIES = 3;

/**
 * Tells whether a server has the extension of docs/external-storage.md: a page of its list, marked as such, which nobody
 * answers by chance. Throws a RefusalError when the server can not tell now: that is no server without it.
 */
export async function hasObjects(link: StorageLink): Promise<boolean> {
  return link.ask({ method: 'GET', path: `${OBJECTS}?limit=0` }, ({ statusCode, headers, body }) => {
    dropBody(body);
    return statusCode === 200 && header(headers, MARK) === '1';
  });
}

/** Keeps objects in a storage server that has the extension of docs/external-storage.md. */
export class ExternalObjectStore implements ObjectStore {
  readonly backend = 'external';

  constructor(private readonly link: StorageLink) {}

  async stat(key: string): Promise<ObjectStat | null> {
    return this.ask({ method: 'HEAD', path: objectPath(key) }, ({ statusCode, headers, body }) => {
      dropBody(body);
      return statusCode === 404 ? null : readStat(headers);
    });
  }

  async get(key: string, range?: ByteRange): Promise<ObjectBody | null> {
    const path = objectPath(key);
    if (range && !(range.start >= 0 && range.start <= range.end)) throw new RangeError('range not satisfiable');
    const headers = range && { range: `bytes=${range.start}-${range.end}` };
    return this.ask({ method: 'GET', path, ...(headers && { headers }) }, (answer) => {
      if (answer.statusCode === 200 || answer.statusCode === 206) return readObject(answer, range);
      dropBody(answer.body);
      if (answer.statusCode === 416) throw new RangeError('range not satisfiable');
      return null;
    });
  }

  async put(key: string, source: ObjectSource, options: PutOptions): Promise<boolean> {
    return reading(source, options, orRefusal, async (reader) => {
      const path = objectPath(key);
      options.signal?.throwIfAborted();
      // Saves sending what would be refused.
      if (options.mode === 'create' && options.size > SMALL_OBJECT && (await this.stat(key))) return false;
      return await this.upload(key, path, reader, options);
    });
  }

  async putInTurn(objects: readonly SmallPut[]): Promise<number> {
    return putInTurn(this, objects);
  }

  async *list(prefix: string, startAfter = ''): AsyncGenerator<ObjectEntry> {
    prefixFolder(prefix);
    for (let after = startAfter, more = true; more;) {
      const query = new URLSearchParams({ prefix, after });
      const page = await this.ask({ method: 'GET', path: `${OBJECTS}?${query.toString()}` }, readPage);
      yield* page.objects;
      after = page.objects.at(-1)?.key ?? after;
      more = page.more;
    }
  }

  async delete(key: string): Promise<void> {
    await this.ask({ method: 'DELETE', path: objectPath(key) }, ({ body }) => dropBody(body));
  }

  async open(): Promise<void> {
    await this.check();
  }

  async check(): Promise<void> {
    if (!(await hasObjects(this.link))) throw notThere();
  }

  async close(): Promise<void> {
    await this.link.close();
  }

  private async ask<T>(asking: Asking, read: (answer: LinkAnswer) => T | Promise<T>): Promise<T> {
    return this.link.ask(asking, (answer) => read(this.genuine(answer, [200, 204, 206, 404, 416])));
  }

  /** Any proxy on the way may answer 404: only the storage server's own word is an absence. */
  private genuine(answer: LinkAnswer, expected: readonly number[]): LinkAnswer {
    const { statusCode, headers, body } = answer;
    const isOurs = header(headers, MARK) === '1';
    if (isOurs && expected.includes(statusCode)) return answer;
    dropBody(body);
    if (!isOurs && (statusCode < 300 || statusCode === 404)) throw notThere();
    throw unexpectedStatus(statusCode);
  }

  private async upload(key: string, path: string, reader: SourceReader, options: PutOptions): Promise<boolean> {
    const { size, mode, signal } = options;
    const create = mode === 'create';
    for (let tries = 1; ; tries++) {
      try {
        const answer = await this.link.send({
          method: 'PUT',
          path,
          headers: { 'content-length': String(size), ...(create && { 'if-none-match': '*' }) },
          body: Readable.from(reader, { objectMode: false }),
          signal,
        });
        dropBody(this.genuine(answer, [200, 201, 204, ...(create ? [412] : [])]).body);
        return answer.statusCode !== 412;
      } catch (error) {
        signal?.throwIfAborted();
        if (!isConnectionFault(error)) throw error;
        // A server that refuses before it has read the body closes the connection: the reset can overtake its answer.
        if (create && (await this.stat(key))) return false;
        if (!reader.repeatable || tries === PUT_TRIES) throw error;
      }
    }
  }
}

function objectPath(key: string): string {
  checkKey(key);
  return `${OBJECTS}/${key.split('/').map(encodeURIComponent).join('/')}`;
}

function notThere(): RefusalError {
  return new RefusalError('busy', 'the storage is not there', {
    cause: new Error('external storage: this is no answer of a storage server with objects'),
  });
}
