import { closeSync } from 'node:fs';
import { checkRange, SMALL_OBJECT } from './body.js';
import { CacheFolder, type CacheFolderOptions, type KeptObject } from './disk/cache-folder.js';
import type { Fill } from './disk/fill.js';
import { TierBody } from './disk/tier-body.js';
import { readPart } from './fs/read-part.js';
import type { ByteRange, ObjectBody, ObjectStat, ObjectStore } from './object-store.js';
import { stillStored } from './still-stored.js';
import { ObjectTier } from './tier.js';
import { isMutableKey } from './tree/keys.js';

export interface DiskTierOptions extends CacheFolderOptions {
  /** Objects of so many bytes and more are kept; zips of any size. */
  readonly keepsFrom: number;
}

/** A read of the storage that others join. */
interface Flight {
  /** What fills a file; null when there was nothing to keep. */
  readonly fill: Promise<Fill | null>;
  /** False: the object was changed after the read began, so what it brings is not kept. */
  wanted: boolean;
}

/**
 * Keeps zips, and what else is large and never changes, in a folder before a storage that is far away. Whoever asks
 * first makes one read of the storage fill a file, and reads along with it, as do all who come meanwhile; a range of
 * what is not here yet is read from the storage alone. Absence is not kept.
 */
export class DiskTier extends ObjectTier {
  private readonly folder: CacheFolder;
  private readonly keepsFrom: number;
  private readonly flights = new Map<string, Flight>();
  private readonly fills = new Map<Fill, Promise<void>>();

  constructor(inner: ObjectStore, options: DiskTierOptions) {
    super(inner);
    this.keepsFrom = options.keepsFrom;
    this.folder = new CacheFolder(options, (key, stat) => stillStored(this.inner, key, stat));
  }

  override async stat(key: string): Promise<ObjectStat | null> {
    const kept = await this.find(key);
    if (!kept) return this.inner.stat(key);
    closeSync(kept.file);
    return kept.stat;
  }

  override async get(key: string, range?: ByteRange): Promise<ObjectBody | null> {
    const kept = await this.find(key);
    const found = kept && this.bodyOf(key, kept, range);
    if (found) return found;
    return range || isMutableKey(key) ? this.inner.get(key, range) : this.load(key);
  }

  /** Drops one object: somebody else replaced or removed it. */
  override forget(key: string): void {
    const flight = this.flights.get(key);
    if (flight) flight.wanted = false;
    this.flights.delete(key);
    this.folder.remove(key);
  }

  /** Asks the storage about each object when it is next read: news of what was removed may have been missed. */
  recheck(): void {
    this.folder.recheck();
  }

  override async open(): Promise<void> {
    await this.folder.open();
    await this.inner.open();
  }

  /** Ends the fills; their readers have to go to the storage for the rest. */
  override async close(): Promise<void> {
    for (const fill of this.fills.keys()) fill.abort(new Error('the storage is closed'));
    await Promise.all(this.fills.values());
    await this.inner.close();
  }

  private async find(key: string): Promise<KeptObject | null> {
    return isMutableKey(key) ? null : this.folder.find(key);
  }

  /** The body of a kept object; null when its file can't be read after all. Throws RangeError. */
  private bodyOf(key: string, { file, stat }: KeptObject, range?: ByteRange): ObjectBody | null {
    const part = range ?? { start: 0, end: stat.size - 1 };
    const length = part.end - part.start + 1;
    let streaming = false;
    try {
      if (range) checkRange(range, stat.size);
      streaming = length > SMALL_OBJECT;
      const body = streaming ? this.stream(key, file, stat, part) : readPart(file, part.start, length);
      return { stat, body, tier: 'disk' };
    } catch (error) {
      if (error instanceof RangeError) throw error;
      this.folder.tell(error);
      return null;
    } finally {
      if (!streaming) closeSync(file);
    }
  }

  private async load(key: string): Promise<ObjectBody | null> {
    const joined = this.flights.get(key);
    if (!joined) return this.fly(key);
    const fill = await joined.fill;
    // An absence may be older than our question, and a stream is for one alone.
    return fill ? this.readAlong(key, fill) : this.inner.get(key);
  }

  private async fly(key: string): Promise<ObjectBody | null> {
    const { promise, resolve, reject } = Promise.withResolvers<Fill | null>();
    // Nobody may have joined.
    promise.catch(() => {});
    const flight: Flight = { fill: promise, wanted: true };
    this.flights.set(key, flight);
    const land = (): void => {
      if (this.flights.get(key) === flight) this.flights.delete(key);
    };
    try {
      const object = await this.inner.get(key);
      const fill = object && (await this.begin(key, object));
      resolve(fill);
      if (!fill) {
        land();
        return object;
      }
      const first = this.readAlong(key, fill);
      const end = this.folder.complete(key, fill, () => flight.wanted).then(land);
      this.fills.set(fill, end);
      void end.then(() => this.fills.delete(fill));
      return await first;
    } catch (error) {
      reject(error);
      land();
      throw error;
    }
  }

  /** Begins to keep an object, if it is one that is kept and there is room. */
  private async begin(key: string, object: ObjectBody): Promise<Fill | null> {
    if (!key.endsWith('.zip') && object.stat.size < this.keepsFrom) return null;
    // It may fail before somebody reads it.
    if (!Buffer.isBuffer(object.body)) object.body.on('error', () => {});
    return this.folder.begin(key, object);
  }

  /** The object of a fill for one more reader. */
  private async readAlong(key: string, fill: Fill): Promise<ObjectBody | null> {
    const { stat, body } = fill.object;
    if (Buffer.isBuffer(body)) return fill.object;
    try {
      const whole = { start: 0, end: stat.size - 1 };
      return { stat, body: this.stream(key, fill.open(), stat, whole, fill), tier: 'storage' };
    } catch (error) {
      this.folder.tell(error);
      return this.inner.get(key);
    }
  }

  private stream(key: string, file: number, { etag }: ObjectStat, part: ByteRange, fill?: Fill): TierBody {
    const rest = async (start: number): Promise<ObjectBody['body']> => {
      const found = await this.inner.get(key, { start, end: part.end });
      if (found?.stat.etag === etag) return found.body;
      if (found && !Buffer.isBuffer(found.body)) found.body.destroy();
      throw new Error('the object was replaced or removed while it was read');
    };
    return new TierBody(file, part, { fill, rest });
  }
}
