import type { ModuleFile, ModuleVersion } from '#libs/protocol';
import type { ByteRange, ObjectBody, ObjectEntry, ObjectSource, ObjectStat, SmallPut } from './object-store.js';

/** A small file of several that are saved in turn. */
export interface SmallFile {
  readonly file: ModuleFile;
  readonly bytes: Buffer;
}

/** The files of modules. `null` is absent, a throw is a broken storage. */
export interface ModuleStore {
  stat(file: ModuleFile): Promise<ObjectStat | null>;
  get(file: ModuleFile, range?: ByteRange): Promise<ObjectBody | null>;
  /**
   * Stores a file: `.info`, `.mod` and `.zip` are created once and never replaced, `list` and `@latest` are replaced.
   * False: an immutable file was there before, or came first.
   */
  save(file: ModuleFile, source: ObjectSource, size: number, signal?: AbortSignal): Promise<boolean>;
  /**
   * Stores small files in turn, none before those in front of it are there, and ends at an immutable one that was there
   * before. Gives how many were stored.
   */
  saveInTurn(files: readonly SmallFile[]): Promise<number>;
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
  /** Stores several in turn, as ObjectStore.putInTurn does. */
  putInTurn(objects: readonly SmallPut[]): Promise<number>;
  list(prefix: string, startAfter?: string): AsyncIterable<ObjectEntry>;
  delete(key: string): Promise<void>;
}
