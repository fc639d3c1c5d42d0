import { join } from 'node:path';
import type { Config, StorageConfig } from '#libs/config';
import type { Logger, Metrics } from '#libs/observability';
import type { Adapter, Connect, Use } from './adapter.js';
import { DiskTier } from './disk-tier.js';
import { LARGEST_IN_MEMORY, MemoryTier, type HeldObject } from './memory-tier.js';
import { MeteredObjectStore } from './metered.object-store.js';
import type { MetaStore, ModuleStore } from './module-store.js';
import type { ObjectStore } from './object-store.js';
import { ObjectMetaStore } from './tree/object.meta-store.js';
import { ObjectModuleStore } from './tree/object.module-store.js';

/**
 * The kinds of storages: a line each. The folder of an adapter is loaded where it is chosen, because the client of S3
 * takes 40 MB of memory and a third of a second.
 */
const ADAPTERS: { readonly [K in StorageConfig['kind']]: () => Promise<{ readonly connect: Connect<K> }> } = {
  fs: () => import('./fs/connect.js'),
  s3: () => import('./s3/connect.js'),
  external: () => import('./external/connect.js'),
};

async function connect<K extends StorageConfig['kind']>(kind: K, ...given: Parameters<Connect<K>>): Promise<Adapter> {
  const adapter = await ADAPTERS[kind]();
  return adapter.connect(...given);
}

/** A storage that is open. What closes it is `objects.close()`. */
export interface Storage {
  readonly objects: ObjectStore;
  readonly modules: ModuleStore;
  readonly meta: MetaStore;
  /** Gives an object that never changes if memory holds it, at once and whole; null tells nothing. */
  readonly held: (key: string) => HeldObject | null;
  /** Gives a URL by which a client reads an object from the storage itself, for some seconds; null: there is none. */
  readonly link: (key: string, seconds: number) => Promise<string | null>;
  /** Whether a list of its objects has them all. A server with the six basic routes alone can't be listed. */
  readonly listsAll: boolean;
  /** The folders of this machine that it fills. */
  readonly folders: readonly string[];
  /** Drops what the tiers keep of an object: somebody else replaced or removed it. */
  forget(key: string): void;
  /** To be called when news of changes may have been missed: last answers are dropped, all else is looked up anew. */
  mistrust(): void;
}

interface OpenOptions extends Use {
  /** Copies may be kept near. Not for a process that must see what is stored, not what once was. */
  readonly tiers?: { readonly log: Pick<Logger, 'warn'> };
}

/**
 * Opens the storage of the settings. Throws when it can't serve. Without metrics there is no meter, and no tier, which
 * has figures of its own. From the outside in, a call passes:
 *
 * 1. the tree (modules, meta): what is asked for becomes a key;
 * 2. the memory tier, where tiers are wanted and STOA_MEMORY_CACHE is not 0: small objects end here;
 * 3. the disk tier, where tiers are wanted, STOA_DISK_CACHE is not 0 and the storage is far away: zips, and
 *    what is too large for memory, end here;
 * 4. the meter, where metrics are wanted: what goes on is measured, so hits of the tiers are not among it;
 * 5. the adapter: folder, bucket, or a server with a storage of its own.
 */
export async function openStorage(
  config: Pick<Config, 'storage' | 'memoryCache' | 'diskCache' | 'dataDir' | 'listTtl'>,
  metrics: Metrics | null,
  { tiers, ...use }: OpenOptions = {},
): Promise<Storage> {
  const { storage, memoryCache, diskCache, dataDir, listTtl } = config;
  const { store, origin, folders = [], listUnseen, link } = await connect(storage.kind, storage, use);
  const metered = metrics ? new MeteredObjectStore(store, metrics) : store;
  const disk =
    tiers && metrics && diskCache > 0 && origin !== null
      ? new DiskTier(metered, {
          folder: join(dataDir, 'disk-cache'),
          maxBytes: diskCache,
          origin,
          keepsFrom: memoryCache > 0 ? LARGEST_IN_MEMORY + 1 : 0,
          metrics,
          log: tiers.log,
        })
      : null;
  const large = disk ?? metered;
  const memory =
    tiers && metrics && memoryCache > 0
      ? new MemoryTier(large, { maxBytes: memoryCache, mutableMaxAge: listTtl, metrics })
      : null;
  const objects = memory ?? large;
  await objects.open();
  return {
    objects,
    modules: new ObjectModuleStore(objects, listUnseen),
    meta: new ObjectMetaStore(objects),
    held: (key) => memory?.held(key) ?? null,
    link: link ?? (async () => null),
    listsAll: listUnseen === undefined,
    folders,
    forget(key) {
      memory?.forget(key);
      disk?.forget(key);
    },
    mistrust() {
      memory?.mistrust();
      disk?.recheck();
    },
  };
}

/** Makes the store of a bucket, which `open` would create. */
export async function openBucket(config: Extract<StorageConfig, { kind: 's3' }>): Promise<ObjectStore> {
  const { store } = await connect('s3', config, {});
  return store;
}
