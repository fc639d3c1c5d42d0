import { accessSync, closeSync, constants, fstatSync, openSync, statSync, type BigIntStats } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Readable } from 'node:stream';
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
  SmallPut,
} from '../object-store.js';
import { reading, SourceError } from '../source-reader.js';
import { FileBody } from './file-body.js';
import { isAbsent, translateFsError } from './fs-error.js';
import { pruneFolders, syncFolderAside } from './folders.js';
import { listFiles } from './listing.js';
import { PutThread } from './put-thread.js';
import type { PutTask } from './put-file.js';
import { readPart } from './read-part.js';
import { openUnfinished, spooled } from './unfinished.js';

/** Files of more bytes may take long to sync. */
const LARGE = 1024 * 1024;

/**
 * Keeps objects as files below a root folder, which several processes and machines may share. A file is made whole
 * in `.tmp`, synced, and then named by link (create) or rename (replace).
 *
 * Looks and small reads are synchronous, as in nginx: the kernel answers them from memory in a hundredth of a
 * millisecond, and a turn through Node's thread pool costs twenty times that. Large bodies are streamed, and what
 * waits for the disk by its nature is done aside: puts have threads of their own, a delete takes turns in Node's.
 */
export class FsObjectStore implements ObjectStore {
  readonly backend = 'fs';
  private readonly root: string;
  private readonly writes: boolean;
  /** Small files wait for no large one, whose sync takes long; where many come, they are synced by both threads. */
  private readonly threads: { readonly small: PutThread; readonly large: PutThread };
  private readonly bulk: boolean;

  /**
   * `writes`: files will be put, so that the threads for it are started with `open`. `bulk`: many small ones at once, which
   * are then synced together.
   */
  constructor({ root, writes = false, bulk = false }: { root: string; writes?: boolean; bulk?: boolean }) {
    this.root = resolve(root);
    this.writes = writes;
    this.bulk = bulk;
    this.threads = { small: new PutThread({ together: bulk }), large: new PutThread({ together: false }) };
  }

  async stat(key: string): Promise<ObjectStat | null> {
    const path = this.path(key);
    return this.orAbsent(() => {
      const found = statSync(path, { bigint: true, throwIfNoEntry: false });
      return found?.isFile() ? toStat(found) : null;
    });
  }

  async get(key: string, range?: ByteRange): Promise<ObjectBody | null> {
    const path = this.path(key);
    return this.orAbsent(() => {
      // A look that finds nothing costs a tenth of an open that fails, and most misses come this way.
      if (statSync(path, { throwIfNoEntry: false }) === undefined) return null;
      const handle = openSync(path, 'r');
      // What holds the handle at the end closes it: this function, or the stream that it gives away.
      let streaming = false;
      try {
        // The open file, not the name: what replaces the name meanwhile has other bytes.
        const found = fstatSync(handle, { bigint: true });
        if (!found.isFile()) return null;
        const meta = toStat(found);
        if (range) checkRange(range, meta.size);
        const { start, end } = range ?? { start: 0, end: meta.size - 1 };
        if (end - start < SMALL_OBJECT) {
          return { stat: meta, body: readPart(handle, start, end - start + 1), tier: 'storage' };
        }
        streaming = true;
        return { stat: meta, body: new FileBody(handle, start, end), tier: 'storage' };
      } finally {
        if (!streaming) closeSync(handle);
      }
    });
  }

  async put(key: string, source: ObjectSource, options: PutOptions): Promise<boolean> {
    const task = (from: PutTask['source']): PutTask => this.task(key, options.mode, from);
    return reading(source, options, translateFsError, async (reader) => {
      options.signal?.throwIfAborted();
      if (Buffer.isBuffer(source)) {
        if (source.length !== options.size)
          throw new SourceError(`source has ${source.length} bytes in place of ${options.size}`);
        return await this.make(task(source), options.size);
      }
      // Not by its `file`, which a stream may have as well.
      if (!(source instanceof Readable))
        return await this.make(task({ file: source.file, size: options.size }), options.size);
      return await spooled(this.root, reader, options.signal, (file) => {
        options.signal?.throwIfAborted();
        return this.make(task({ file, size: options.size }), options.size);
      });
    });
  }

  async putInTurn(objects: readonly SmallPut[]): Promise<number> {
    try {
      return await this.threadForSmall().put(objects.map(({ key, bytes, mode }) => this.task(key, mode, bytes)));
    } catch (error) {
      throw translateFsError(error);
    }
  }

  async *list(prefix: string, startAfter = ''): AsyncGenerator<ObjectEntry> {
    try {
      yield* listFiles(this.root, prefix, startAfter);
      // A root that is gone looks like an empty one.
      this.look();
    } catch (error) {
      throw translateFsError(error);
    }
  }

  async delete(key: string): Promise<void> {
    const path = this.path(key);
    try {
      await unlink(path);
      await syncFolderAside(dirname(path));
      pruneFolders(dirname(path), this.root);
    } catch (error) {
      if (!isAbsent(error)) throw translateFsError(error);
      this.look();
    }
  }

  async open(): Promise<void> {
    // A storage that can only be read still serves: a put says by itself that it can't.
    await openUnfinished(this.root).catch(() => {});
    if (this.writes) this.threads.small.open();
    // What is put in bulk is small, most often all of it.
    if (this.writes && !this.bulk) this.threads.large.open();
    await this.check();
  }

  async check(): Promise<void> {
    this.look();
  }

  async close(): Promise<void> {
    await Promise.all([this.threads.small.close(), this.threads.large.close()]);
  }

  /** Throws unless the root is there. */
  private look(): void {
    try {
      // With a slash it must be a folder.
      accessSync(`${this.root}/`, constants.R_OK | constants.X_OK);
    } catch (error) {
      if (isAbsent(error)) throw new RefusalError('busy', 'the storage is not there', { cause: error });
      throw translateFsError(error);
    }
  }

  /** What is put in bulk is synced together by one. */
  private threadForSmall(): PutThread {
    const { small, large } = this.threads;
    return small.isBusy && !large.isBusy && !this.bulk ? large : small;
  }

  private async make(task: PutTask, size: number): Promise<boolean> {
    return (await (size > LARGE ? this.threads.large : this.threadForSmall()).put([task])) === 1;
  }

  private task(key: string, mode: PutOptions['mode'], source: PutTask['source']): PutTask {
    return { root: this.root, target: this.path(key), mode, source };
  }

  private path(key: string): string {
    checkKey(key);
    // Not by path.join, which takes a key apart to find nothing: half of the garbage of a look.
    return `${this.root}/${key}`;
  }

  /** What is found; an absence only counts while the root is there. */
  private orAbsent<T>(find: () => T | null): T | null {
    try {
      const found = find();
      if (found !== null) return found;
    } catch (error) {
      if (!isAbsent(error)) throw translateFsError(error);
    }
    this.look();
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
