import { createHash } from 'node:crypto';
import { checkRange, readBody } from '../body.js';
import { checkKey, prefixFolder } from '../key.js';
import { reading } from '../source-reader.js';
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

interface Entry {
  readonly bytes: Buffer;
  readonly stat: ObjectStat;
}

/** Keeps objects in the process: for tests, and for trying things out. Nothing survives the process. */
export class MemoryObjectStore implements ObjectStore {
  readonly backend = 'memory';
  private readonly entries = new Map<string, Entry>();

  async stat(key: string): Promise<ObjectStat | null> {
    checkKey(key);
    return this.entries.get(key)?.stat ?? null;
  }

  async get(key: string, range?: ByteRange): Promise<ObjectBody | null> {
    checkKey(key);
    const entry = this.entries.get(key);
    if (!entry) return null;
    if (range) checkRange(range, entry.stat.size);
    const body = range ? entry.bytes.subarray(range.start, range.end + 1) : entry.bytes;
    return { stat: entry.stat, body, tier: 'storage' };
  }

  async put(key: string, source: ObjectSource, options: PutOptions): Promise<boolean> {
    return reading(source, options, asItIs, async (reader) => {
      checkKey(key);
      // A copy, for the caller may write to the Buffer again.
      const bytes = await readBody(reader);
      options.signal?.throwIfAborted();
      // Looked at after the last await: from here on nobody can come between.
      if (options.mode === 'create' && this.entries.has(key)) return false;
      const etag = createHash('sha256').update(bytes).digest('hex');
      this.entries.set(key, { bytes, stat: { size: bytes.length, modified: new Date(), etag } });
      return true;
    });
  }

  async putInTurn(objects: readonly SmallPut[]): Promise<number> {
    return putInTurn(this, objects);
  }

  async *list(prefix: string, startAfter = ''): AsyncGenerator<ObjectEntry> {
    prefixFolder(prefix);
    const keys = [...this.entries.keys()].filter((key) => key.startsWith(prefix) && key > startAfter);
    for (const key of keys.sort()) {
      const stat = this.entries.get(key)?.stat;
      if (stat) yield { key, size: stat.size, modified: stat.modified };
    }
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    this.entries.delete(key);
  }

  async open(): Promise<void> {}

  async check(): Promise<void> {}

  async close(): Promise<void> {
    this.entries.clear();
  }
}

function asItIs(error: unknown): unknown {
  return error;
}
