import type {
  ByteRange,
  ObjectBody,
  ObjectEntry,
  ObjectSource,
  ObjectStat,
  ObjectStore,
  PutOptions,
  SmallPut,
} from './object-store.js';

/** A store that keeps copies near: what is written goes through to the store behind it, and is forgotten here. */
export abstract class ObjectTier implements ObjectStore {
  readonly backend: string;

  constructor(protected readonly inner: ObjectStore) {
    this.backend = inner.backend;
  }

  /** Drops one object: somebody else replaced or removed it. */
  abstract forget(key: string): void;

  abstract stat(key: string): Promise<ObjectStat | null>;

  abstract get(key: string, range?: ByteRange): Promise<ObjectBody | null>;

  async put(key: string, source: ObjectSource, options: PutOptions): Promise<boolean> {
    try {
      return await this.inner.put(key, source, options);
    } finally {
      // After a failure too: it may have been stored, and the answer lost.
      this.forget(key);
    }
  }

  async putInTurn(objects: readonly SmallPut[]): Promise<number> {
    try {
      return await this.inner.putInTurn(objects);
    } finally {
      for (const { key } of objects) this.forget(key);
    }
  }

  async delete(key: string): Promise<void> {
    try {
      await this.inner.delete(key);
    } finally {
      this.forget(key);
    }
  }

  list(prefix: string, startAfter?: string): AsyncIterable<ObjectEntry> {
    return this.inner.list(prefix, startAfter);
  }

  open(): Promise<void> {
    return this.inner.open();
  }

  check(): Promise<void> {
    return this.inner.check();
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
