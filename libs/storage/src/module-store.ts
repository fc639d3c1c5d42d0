import type { ModuleFile, ModuleVersion } from '#libs/protocol';
import type { ByteRange, ObjectBody, ObjectEntry, ObjectSource, ObjectStat } from './object-store.js';

/** The files of modules. `null` is absent, a throw is a broken storage. */
export interface ModuleStore {
  stat(file: ModuleFile): Promise<ObjectStat | null>;
  get(file: ModuleFile, range?: ByteRange): Promise<ObjectBody | null>;
  /**
   * Stores a file: `.info`, `.mod` and `.zip` are created once and never replaced, `list` and `@latest` are replaced.
   * False: an immutable file was there before, or came first.
   */
  save(file: ModuleFile, source: ObjectSource, size: number, signal?: AbortSignal): Promise<boolean>;
  /** The canonical versions whose `.info` is stored, unsorted. Scans the storage: not for a request's path. */
  versions(module: string): Promise<string[]>;
  /** Removes the files of one version, `.info` first, so that it is not listed while the others go. */
  delete(version: ModuleVersion): Promise<void>;
}

/** The small rest: receipts, index, resolved queries, checksum database answers. A key is whole, `.meta/` included. */
export interface MetaStore {
  stat(key: string): Promise<ObjectStat | null>;
  get(key: string): Promise<ObjectBody | null>;
  put(key: string, bytes: Buffer, mode: 'create' | 'replace'): Promise<boolean>;
  list(prefix: string, startAfter?: string): AsyncIterable<ObjectEntry>;
  delete(key: string): Promise<void>;
}
