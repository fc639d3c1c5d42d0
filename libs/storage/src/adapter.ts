import type { StorageConfig } from '#libs/config';
import type { ObjectStore } from './object-store.js';
import type { ListUnseen } from './tree/object.module-store.js';

/** What a process will do with a storage, beside reading it. */
export interface Use {
  /** It writes files, so that what that needs is started now. */
  readonly writes?: boolean;
  /** It writes thousands of files, and waits for the last of them. */
  readonly bulk?: boolean;
}

/** A storage of one kind: its store, not opened yet, and what a store of keys does not tell. */
export interface Adapter {
  readonly store: ObjectStore;
  /**
   * What tells a storage that is far away from any other: no secret, and nothing that changes while it stays the same.
   * Null: it is near already, so copies of it on disk are of no use.
   */
  readonly origin: string | null;
  /** The folders of this machine that it fills. */
  readonly folders?: readonly string[];
  /** Finds the versions of a module that no list of keys has. */
  readonly listUnseen?: ListUnseen;
  /** Gives a URL by which a client reads an object from the storage itself, for some seconds; null: there is none. */
  readonly link?: (key: string, seconds: number) => Promise<string | null>;
}

/** Makes the adapter of a kind of storage from its settings: the `connect` of the adapter's folder. */
export type Connect<K extends StorageConfig['kind']> = (
  config: Extract<StorageConfig, { kind: K }>,
  use: Use,
) => Adapter | Promise<Adapter>;
