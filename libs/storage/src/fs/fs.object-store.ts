import { closeSync, constants, createReadStream, fstatSync, open, read, type BigIntStats } from 'node:fs';
import { access, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { RefusalError } from '#libs/protocol';
import { checkRange, SMALL_OBJECT } from '../body.js';
import { checkKey } from '../key.js';
import type {
  ByteRange,
  ObjectBody,
  ObjectEntry,
  ObjectSource,
  ObjectStat,
  ObjectStore,
  PutOptions,
} from '../object-store.js';
import { SourceError, SourceReader } from '../source-reader.js';
import { isAbsent, translateFsError } from './fs-error.js';
import { pruneFolders, syncFolder } from './folders.js';
import { listFiles } from './listing.js';
import { PutThreads } from './put-threads.js';
import { openUnfinished, spooled } from './unfinished.js';

/** Bytes read at once from a large file: a third faster than Node's default of 64 KiB ... */
const CHUNK = 256 * 1024;
/** ... which is used when many files are read at once, for each reader holds some chunks. */
const SMALL_CHUNK = 64 * 1024;
const MANY_READERS = 4;

const openFile = promisify(open);
const readFile = promisify(read);

/**
 * Keeps objects as files below a root folder, which several processes and machines may share. A file is made whole
 * in `.tmp`, synced, and then named by link (create) or rename (replace).
 */
export class FsObjectStore implements ObjectStore {
  readonly backend = 'fs';
  private readonly root: string;
  private readonly threads = new PutThreads();
  private readers = 0;

  constructor(options: { readonly root: string }) {
    this.root = resolve(options.root);
  }

  async stat(key: string): Promise<ObjectStat | null> {
    const path = this.path(key);
    return this.orAbsent(async () => {
      const found = await stat(path, { bigint: true });
      return found.isFile() ? toStat(found) : null;
    });
  }

  async get(key: string, range?: ByteRange): Promise<ObjectBody | null> {
    const path = this.path(key);
    return this.orAbsent(async () => {
      const handle = await openFile(path, 'r');
      // What holds the handle at the end closes it: this function, or the stream that it gives away.
      let streaming = false;
      try {
        // The open file, not the name: what replaces the name meanwhile has other bytes. Synchronous, as closing is:
        // neither waits for the disk, and a turn through Node's thread pool costs a small read as much as the rest.
        const found = fstatSync(handle, { bigint: true });
        if (!found.isFile()) return null;
        const meta = toStat(found);
        if (range) checkRange(range, meta.size);
        const { start, end } = range ?? { start: 0, end: meta.size - 1 };
        if (end - start < SMALL_OBJECT) {
          return { stat: meta, body: await readPart(handle, start, end - start + 1), tier: 'storage' };
        }
        streaming = true;
        return { stat: meta, body: this.stream(handle, start, end), tier: 'storage' };
      } finally {
        if (!streaming) closeSync(handle);
      }
    });
  }

  private stream(handle: number, start: number, end: number): Readable {
    const highWaterMark = this.readers < MANY_READERS ? CHUNK : SMALL_CHUNK;
    this.readers++;
    return createReadStream('', { fd: handle, start, end, highWaterMark }).once('close', () => this.readers--);
  }

  async put(key: string, source: ObjectSource, options: PutOptions): Promise<boolean> {
    const reader = new SourceReader(source, options);
    const task = { root: this.root, target: this.path(key), mode: options.mode };
    try {
      options.signal?.throwIfAborted();
      if (Buffer.isBuffer(source)) {
        if (source.length !== options.size)
          throw new SourceError(`source has ${source.length} bytes in place of ${options.size}`);
        // A copy of its own: what is posted to a thread takes along all of the memory that it is a part of.
        return await this.threads.put({ ...task, source: new Uint8Array(source) });
      }
      if ('file' in source)
        return await this.threads.put({ ...task, source: { file: source.file, size: options.size } });
      return await spooled(this.root, reader, options.signal, (file) => {
        options.signal?.throwIfAborted();
        return this.threads.put({ ...task, source: { file, size: options.size } });
      });
    } catch (error) {
      options.signal?.throwIfAborted();
      throw error instanceof SourceError ? error.origin : translateFsError(error);
    } finally {
      reader.close();
    }
  }

  async *list(prefix: string, startAfter = ''): AsyncGenerator<ObjectEntry> {
    try {
      yield* listFiles(this.root, prefix, startAfter);
      // A root that is gone looks like an empty one.
      await this.check();
    } catch (error) {
      throw translateFsError(error);
    }
  }

  async delete(key: string): Promise<void> {
    const path = this.path(key);
    await this.orAbsent(async () => {
      await unlink(path);
      syncFolder(dirname(path));
      await pruneFolders(dirname(path), this.root);
      return null;
    });
  }

  async open(): Promise<void> {
    // A storage that can only be read still serves: a put says by itself that it can't.
    await openUnfinished(this.root).catch(() => {});
    await this.check();
  }

  async check(): Promise<void> {
    try {
      // With a slash it must be a folder.
      await access(`${this.root}/`, constants.R_OK | constants.X_OK);
    } catch (error) {
      if (isAbsent(error)) throw new RefusalError('busy', 'the storage is not there', { cause: error });
      throw translateFsError(error);
    }
  }

  async close(): Promise<void> {
    await this.threads.close();
  }

  private path(key: string): string {
    checkKey(key);
    return join(this.root, key);
  }

  private async orAbsent<T>(look: () => Promise<T | null>): Promise<T | null> {
    try {
      return await look();
    } catch (error) {
      if (!isAbsent(error)) throw translateFsError(error);
    }
    await this.check();
    return null;
  }
}

/**
 * An etag of size, time and inode: a file is only ever replaced by another file, never written in place, so that two
 * contents of a name differ in it.
 */
function toStat({ size, mtimeNs, mtimeMs, ino }: BigIntStats): ObjectStat {
  return {
    size: Number(size),
    modified: new Date(Number(mtimeMs)),
    etag: [size, mtimeNs, ino].map((part) => part.toString(36)).join('-'),
  };
}

async function readPart(handle: number, start: number, length: number): Promise<Buffer> {
  // Not from Node's shared pool: a cache that keeps the Buffer would keep all of the pool's slab.
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await readFile(handle, bytes, done, length - done, start + done);
    if (bytesRead === 0) throw new Error('file ended while it was read');
    done += bytesRead;
  }
  return bytes;
}
