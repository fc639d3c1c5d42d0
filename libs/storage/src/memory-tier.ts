import { LRUCache } from 'lru-cache';
import type { Metrics } from '#libs/observability';
import { ageOf } from './age.js';
import { checkRange } from './body.js';
import type { ByteRange, ObjectBody, ObjectStat, ObjectStore } from './object-store.js';
import { stillStored } from './still-stored.js';
import { ObjectTier } from './tier.js';
import { isMutableKey } from './tree/keys.js';

/** Larger objects are not kept, in bytes: one of them would drive out thousands. */
export const LARGEST_IN_MEMORY = 1024 * 1024;
/**
 * Bytes that an entry takes beside its content and the letters of its key: a Buffer with its own memory, a stat with a
 * date and an etag, its place in the order. Measured as resident memory of a full tier, see `npm run bench`.
 */
const ENTRY_OVERHEAD = 1200;

export interface MemoryTierOptions {
  /** Of all entries together, with what they take beside their bytes. */
  readonly maxBytes: number;
  /** Milliseconds. */
  readonly mutableMaxAge: number;
  readonly metrics?: Pick<Metrics, 'cacheBytes' | 'cacheEvictions'>;
}

/** An object as memory holds it, whole. */
export interface HeldObject {
  readonly stat: ObjectStat;
  readonly bytes: Buffer;
}

interface Kept extends HeldObject {
  /** How many gaps in the news had been when the store was last asked whether it has it. */
  gaps: number;
  /** When it has to be asked again: Infinity, unless it did not say. */
  until: number;
}

/** A read under way that later callers may join. */
interface Flight {
  readonly result: Promise<ObjectBody | null>;
  /** The object was changed after the read began: whoever waits may have the old bytes, but they are not kept. */
  outdated: boolean;
}

/**
 * Keeps small objects in memory, the least recently used go first. What never changes stays for as long as there is
 * room, and after a gap in the news is given once the store is found to have it still; a last answer (isMutableKey) is
 * given while it is younger than `mutableMaxAge`, counted from when its stored copy was written. Absence is not kept.
 * Concurrent reads of one object that is not kept share one.
 */
export class MemoryTier extends ObjectTier {
  private readonly kept: LRUCache<string, Kept>;
  private readonly flights = new Map<string, Flight>();
  private readonly mutableMaxAge: number;
  private readonly metrics: MemoryTierOptions['metrics'];
  /** How often news of changes may have been missed. */
  private gaps = 0;

  constructor(inner: ObjectStore, options: MemoryTierOptions) {
    super(inner);
    this.mutableMaxAge = options.mutableMaxAge;
    this.metrics = options.metrics;
    this.kept = new LRUCache<string, Kept>({
      maxSize: options.maxBytes,
      sizeCalculation: costOf,
      dispose: (_entry, _key, reason) => {
        if (reason === 'evict') this.metrics?.cacheEvictions.inc({ tier: 'memory' });
      },
    });
  }

  override async stat(key: string): Promise<ObjectStat | null> {
    const entry = this.current(key) ?? (await this.confirm(key));
    return entry?.stat ?? this.inner.stat(key);
  }

  override async get(key: string, range?: ByteRange): Promise<ObjectBody | null> {
    const entry = this.current(key) ?? (this.kept.has(key) ? await this.confirm(key) : undefined);
    if (!entry) return range ? this.inner.get(key, range) : this.load(key);
    const { stat, bytes } = entry;
    if (range) checkRange(range, stat.size);
    return { stat, body: range ? bytes.subarray(range.start, range.end + 1) : bytes, tier: 'memory' };
  }

  /** An object that never changes, if it is kept, without a turn of the event loop. */
  held(key: string): HeldObject | null {
    return isMutableKey(key) ? null : (this.current(key) ?? null);
  }

  /** Drops one object: somebody else replaced or removed it. */
  override forget(key: string): void {
    if (this.kept.delete(key)) this.tellSize();
    const flight = this.flights.get(key);
    if (!flight) return;
    flight.outdated = true;
    this.flights.delete(key);
  }

  /** Drops all last answers, and asks the store about each other object when it is next read: news may have been missed. */
  mistrust(): void {
    this.gaps++;
    for (const key of [...this.kept.keys(), ...this.flights.keys()]) if (isMutableKey(key)) this.forget(key);
  }

  override close(): Promise<void> {
    this.kept.clear();
    return this.inner.close();
  }

  private current(key: string): Kept | undefined {
    const entry = this.kept.get(key);
    if (!entry) return undefined;
    const isGood = isMutableKey(key) ? ageOf(entry.stat) < this.mutableMaxAge : this.isTrusted(entry);
    return isGood ? entry : undefined;
  }

  private isTrusted({ gaps, until }: Kept): boolean {
    return gaps === this.gaps && (until === Infinity || performance.now() < until);
  }

  /** What is kept of an object that never changes, after a gap in the news, if the store has it still. */
  private async confirm(key: string): Promise<Kept | undefined> {
    const entry = this.kept.get(key);
    if (!entry || isMutableKey(key)) return undefined;
    const { gaps } = this;
    const until = await stillStored(this.inner, key, entry.stat);
    if (until !== null) return Object.assign(entry, { gaps, until });
    if (this.kept.get(key) === entry) this.forget(key);
    return undefined;
  }

  private async load(key: string): Promise<ObjectBody | null> {
    const earlier = this.flights.get(key);
    if (!earlier) return this.fly(key);
    const found = await earlier.result;
    if (found && !isMutableKey(key)) return this.share(key, found);
    // What that read did not see may have been stored before we asked: one that begins from now on counts.
    const next = this.flights.get(key);
    return next ? this.share(key, await next.result) : this.fly(key);
  }

  /** What another's read brought. A stream is for the one who began it. */
  private async share(key: string, found: ObjectBody | null): Promise<ObjectBody | null> {
    return found && !Buffer.isBuffer(found.body) ? this.inner.get(key) : found;
  }

  private fly(key: string): Promise<ObjectBody | null> {
    const flight: Flight = { result: this.read(key, () => flight.outdated), outdated: false };
    this.flights.set(key, flight);
    const land = (): void => {
      if (this.flights.get(key) === flight) this.flights.delete(key);
    };
    flight.result.then(land, land);
    return flight.result;
  }

  private async read(key: string, outdated: () => boolean): Promise<ObjectBody | null> {
    const { gaps } = this;
    const found = await this.inner.get(key);
    if (!found || found.stat.size > LARGEST_IN_MEMORY) return found;
    const bytes = await readOwn(found);
    if (!outdated()) {
      this.kept.set(key, { stat: found.stat, bytes, gaps, until: Infinity });
      this.tellSize();
    }
    return { ...found, body: bytes };
  }

  private tellSize(): void {
    this.metrics?.cacheBytes.set({ tier: 'memory' }, this.kept.calculatedSize);
  }
}

/** Gives what an entry takes of the process' memory, as measured. */
function costOf({ bytes }: HeldObject, key: string): number {
  return bytes.length + key.length + ENTRY_OVERHEAD;
}

/**
 * Reads an object into memory of its own: bytes that share theirs with others would keep all of it from being freed.
 * Throws when it has another size.
 */
async function readOwn({ stat, body }: ObjectBody): Promise<Buffer> {
  if (Buffer.isBuffer(body) && body.buffer.byteLength === body.length) return body;
  const own = Buffer.allocUnsafeSlow(stat.size);
  let length = 0;
  for await (const chunk of Buffer.isBuffer(body) ? [body] : (body as AsyncIterable<Buffer>)) {
    chunk.copy(own, length);
    length += chunk.length;
  }
  if (length !== stat.size) throw new Error('the object has another size than was said');
  return own;
}
