import type { Readable } from 'node:stream';

/** What is known of a stored object without reading it. */
export interface ObjectStat {
  /** Bytes. */
  readonly size: number;
  /** When the stored copy was written, by the storage's clock. */
  readonly modified: Date;
  /**
   * A strong validator without quotes: the same etag means the same bytes. A copy that was replaced by equal bytes
   * may have another one (a file system knows writes, not contents).
   */
  readonly etag: string;
}

/** Inclusive byte positions, `0 <= start <= end < size`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Which tier the bytes came from. */
export type Tier = 'memory' | 'disk' | 'storage';

/** An object that is being read. A `Readable` body must be consumed or destroyed by the caller. */
export interface ObjectBody {
  readonly stat: ObjectStat;
  /** The whole object, or the range that was asked for. A Buffer may be shared with other readers: never write to it. */
  readonly body: Buffer | Readable;
  readonly tier: Tier;
}

/**
 * Bytes to store: in memory, from a stream (destroyed by the put, whatever comes of it), or a finished file that stays
 * the caller's and is never written again (it may be hard-linked).
 */
export type ObjectSource = Buffer | Readable | { readonly file: string };

export interface PutOptions {
  /** Exact number of bytes. A source that ends before or after it fails the put and stores nothing. */
  readonly size: number;
  /** `create` never touches an object that exists; `replace` swaps it whole. */
  readonly mode: 'create' | 'replace';
  /** Aborts the put, which then throws the signal's reason and stores nothing. */
  readonly signal?: AbortSignal;
}

/** A small object of several that are stored in turn. */
export interface SmallPut {
  readonly key: string;
  readonly bytes: Buffer;
  readonly mode: PutOptions['mode'];
}

export interface ObjectEntry {
  readonly key: string;
  readonly size: number;
  readonly modified: Date;
}

/**
 * Keys to bytes. A key is a relative path of `/`-separated elements of 1 to 255 printable ASCII characters, none of them
 * `.` or `..`, the first not `.tmp`, 1024 in all; any other throws KeyError. No key is the folder of another (`a` and
 * `a/b`): where the storage can't have both, the put of the second throws.
 * `null` is absent; a throw is a broken storage: a RefusalError of kind `busy` (can't be reached, full, read-only)
 * or `timeout` where the cause is known, any other error else. Readers see an object whole or not at all.
 */
export interface ObjectStore {
  /** `fs`, `s3`, `memory`: a metric label. */
  readonly backend: string;
  stat(key: string): Promise<ObjectStat | null>;
  /** Reads an object or a range of it. A range beyond the size throws RangeError. */
  get(key: string, range?: ByteRange): Promise<ObjectBody | null>;
  /**
   * Stores an object. False: `create` met an object that was there before, or came first (over a network this can be
   * an earlier try of the same put whose answer was lost).
   */
  put(key: string, source: ObjectSource, options: PutOptions): Promise<boolean>;
  /**
   * Stores small objects in turn, none before those in front of it are there, and ends where `create` meets an object.
   * Gives how many were stored. A throw may leave some of the first ones stored.
   */
  putInTurn(objects: readonly SmallPut[]): Promise<number>;
  /** Keys that begin with `prefix` (a plain string, not a folder), in byte order, those after `startAfter` only. */
  list(prefix: string, startAfter?: string): AsyncIterable<ObjectEntry>;
  /** Removes an object; an absent one is no error. */
  delete(key: string): Promise<void>;
  /** Makes ready (folders, bucket) and throws when the storage can't serve. */
  open(): Promise<void>;
  /** Throws when the storage can't be read now. */
  check(): Promise<void>;
  close(): Promise<void>;
}
