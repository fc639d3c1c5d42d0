import type { Config } from '#libs/config';
import type { Metrics } from '#libs/observability';
import { FsObjectStore } from './fs/fs.object-store.js';
import { MemoryTier } from './memory-tier.js';
import { MeteredObjectStore } from './metered.object-store.js';
import type { MetaStore, ModuleStore } from './module-store.js';
import type { ObjectStore } from './object-store.js';
import { ObjectMetaStore } from './tree/object.meta-store.js';
import { ObjectModuleStore, type ListUnseen } from './tree/object.module-store.js';

/** A storage that is open. What closes it is `objects.close()`. */
export interface Storage {
  readonly objects: ObjectStore;
  readonly modules: ModuleStore;
  readonly meta: MetaStore;
  /** To be told of changes that others make; null when nothing is kept in memory. */
  readonly memory: MemoryTier | null;
}

/**
 * Opens the storage of the settings, for a process that writes files or for one that only reads them. Throws when it
 * can't serve. From the outside in, a call passes:
 *
 * 1. the tree (modules, meta): what is asked for becomes a key;
 * 2. the memory tier, unless its size is 0: small objects end here;
 * 3. the meter: what goes on is measured, so memory hits are not;
 * 4. the adapter: folder, bucket, or a server with a storage of its own.
 */
export async function openStorage(
  config: Pick<Config, 'storage' | 'memoryCache' | 'listTtl'>,
  metrics: Metrics,
  { writes = false }: { readonly writes?: boolean } = {},
): Promise<Storage> {
  const { storage, memoryCache, listTtl } = config;
  const { adapter, listUnseen } = await openAdapter(storage, writes);
  const metered = new MeteredObjectStore(adapter, metrics);
  const memory = memoryCache > 0 ? new MemoryTier(metered, { maxBytes: memoryCache, mutableMaxAge: listTtl }) : null;
  const objects = memory ?? metered;
  await objects.open();
  return { objects, modules: new ObjectModuleStore(objects, listUnseen), meta: new ObjectMetaStore(objects), memory };
}

/** Gives the folders of this machine that a storage fills. */
export function localFolders(config: Config['storage']): string[] {
  if (config.kind === 'fs') return [config.root];
  return config.kind === 'external' && config.metaRoot !== undefined ? [config.metaRoot] : [];
}

interface Adapter {
  readonly adapter: ObjectStore;
  readonly listUnseen?: ListUnseen;
}

/** Loads a client where it is used: that of S3 takes 40 MB of memory and a third of a second. */
async function openAdapter(config: Config['storage'], writes: boolean): Promise<Adapter> {
  switch (config.kind) {
    case 'fs':
      return { adapter: new FsObjectStore({ root: config.root, writes }) };
    case 's3': {
      const { S3ObjectStore } = await import('./s3/s3.object-store.js');
      return { adapter: new S3ObjectStore(config, undefined, writes) };
    }
    case 'external': {
      const { connectExternal } = await import('./external/connect.js');
      return connectExternal(config, writes);
    }
  }
}
