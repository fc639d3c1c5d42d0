import type { Config } from '#libs/config';
import type { Metrics } from '#libs/observability';
import { FsObjectStore } from './fs/fs.object-store.js';
import { MemoryTier } from './memory-tier.js';
import { MeteredObjectStore } from './metered.object-store.js';
import type { MetaStore, ModuleStore } from './module-store.js';
import type { ObjectStore } from './object-store.js';
import { ObjectMetaStore } from './tree/object.meta-store.js';
import { ObjectModuleStore } from './tree/object.module-store.js';

/** A storage that is open. What closes it is `objects.close()`. */
export interface Storage {
  readonly objects: ObjectStore;
  readonly modules: ModuleStore;
  readonly meta: MetaStore;
  /** To be told of changes that others make; null when nothing is kept in memory. */
  readonly memory: MemoryTier | null;
}

/**
 * Opens the storage of the settings, for a process that writes files (in `bulk` where it writes thousands) or for one
 * that only reads them. Throws when it can't serve. From the outside in, a call passes:
 *
 * 1. the tree (modules, meta): what is asked for becomes a key;
 * 2. the memory tier, unless its size is 0: small objects end here;
 * 3. the meter: what goes on is measured, so memory hits are not;
 * 4. the adapter: folder or bucket.
 */
export async function openStorage(
  config: Pick<Config, 'storage' | 'memoryCache' | 'listTtl'>,
  metrics: Metrics,
  { writes = false, bulk = false }: { readonly writes?: boolean; readonly bulk?: boolean } = {},
): Promise<Storage> {
  const { storage, memoryCache, listTtl } = config;
  const adapter = storage.kind === 'fs' ? new FsObjectStore({ ...storage, writes, bulk }) : await openBucket(storage);
  const metered = new MeteredObjectStore(adapter, metrics);
  const memory = memoryCache > 0 ? new MemoryTier(metered, { maxBytes: memoryCache, mutableMaxAge: listTtl }) : null;
  const objects = memory ?? metered;
  await objects.open();
  return { objects, modules: new ObjectModuleStore(objects), meta: new ObjectMetaStore(objects), memory };
}

/**
 * Makes the store of a bucket, which `open` would create. Loaded where it is used: its client takes 40 MB of memory and a
 * third of a second.
 */
export async function openBucket(config: Extract<Config['storage'], { kind: 's3' }>): Promise<ObjectStore> {
  const { S3ObjectStore } = await import('./s3/s3.object-store.js');
  return new S3ObjectStore(config);
}
