import { join } from 'node:path';
import type { Config } from '#libs/config';
import type { Logger, Metrics } from '#libs/observability';
import { DiskTier } from './disk-tier.js';
import { FsObjectStore } from './fs/fs.object-store.js';
import { LARGEST_IN_MEMORY, MemoryTier, type HeldObject } from './memory-tier.js';
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
  /** Gives an object that never changes if memory holds it, at once and whole; null tells nothing. */
  readonly held: (key: string) => HeldObject | null;
  /** Gives a URL by which a client reads an object from the storage itself, for some seconds; null: there is none. */
  readonly link: (key: string, seconds: number) => Promise<string | null>;
  /** Drops what the tiers keep of an object: somebody else replaced or removed it. */
  forget(key: string): void;
  /** To be called when news of changes may have been missed: last answers are dropped, large files looked up anew. */
  mistrust(): void;
}

interface OpenOptions {
  /** This process writes files, so that what that needs is started now. */
  readonly writes?: boolean;
  /** It writes thousands of files, and waits for the last of them. */
  readonly bulk?: boolean;
  /** Copies may be kept near. Not for a process that must see what is stored, not what once was. */
  readonly tiers?: { readonly log: Pick<Logger, 'warn'> };
}

/**
 * Opens the storage of the settings. Throws when it can't serve. From the outside in, a call passes:
 *
 * 1. the tree (modules, meta): what is asked for becomes a key;
 * 2. the memory tier, where tiers are wanted and STOA_MEMORY_CACHE is not 0: small objects end here;
 * 3. the disk tier, where tiers are wanted, STOA_DISK_CACHE is not 0 and the storage is not a folder itself: zips, and
 *    what is too large for memory, end here;
 * 4. the meter: what goes on is measured, so hits of the tiers are not among it;
 * 5. the adapter: folder, bucket, or a server with a storage of its own.
 */
export async function openStorage(
  config: Pick<Config, 'storage' | 'memoryCache' | 'diskCache' | 'dataDir' | 'listTtl'>,
  metrics: Metrics,
  { writes = false, bulk = false, tiers }: OpenOptions = {},
): Promise<Storage> {
  const { storage, memoryCache, diskCache, dataDir, listTtl } = config;
  const { adapter, listUnseen, link } = await openAdapter(storage, writes, bulk);
  const metered = new MeteredObjectStore(adapter, metrics);
  const disk =
    tiers && diskCache > 0 && storage.kind !== 'fs'
      ? new DiskTier(metered, {
          folder: join(dataDir, 'disk-cache'),
          maxBytes: diskCache,
          origin: originOf(storage),
          keepsFrom: memoryCache > 0 ? LARGEST_IN_MEMORY + 1 : 0,
          metrics,
          log: tiers.log,
        })
      : null;
  const large = disk ?? metered;
  const memory =
    tiers && memoryCache > 0 ? new MemoryTier(large, { maxBytes: memoryCache, mutableMaxAge: listTtl, metrics }) : null;
  const objects = memory ?? large;
  await objects.open();
  return {
    objects,
    modules: new ObjectModuleStore(objects, listUnseen),
    meta: new ObjectMetaStore(objects),
    held: (key) => memory?.held(key) ?? null,
    link: link ?? (async () => null),
    forget(key) {
      memory?.forget(key);
      disk?.forget(key);
    },
    mistrust() {
      memory?.forgetMutable();
      disk?.recheck();
    },
  };
}

/** What tells a storage that is far away from any other: no secret, and nothing that changes while it stays the same. */
function originOf(config: Exclude<Config['storage'], { kind: 'fs' }>): string {
  if (config.kind === 'external') return `external ${config.url.origin}${config.url.pathname}`;
  return `s3 ${config.endpoint.origin} ${config.bucket} ${config.prefix}`;
}

/** Gives the folders of this machine that a storage fills. */
export function localFolders(config: Config['storage']): string[] {
  if (config.kind === 'fs') return [config.root];
  return config.kind === 'external' && config.metaRoot !== undefined ? [config.metaRoot] : [];
}

interface Adapter {
  readonly adapter: ObjectStore;
  readonly listUnseen?: ListUnseen;
  readonly link?: Storage['link'];
}

/** Makes the store of a bucket, which `open` would create. */
export async function openBucket(config: Extract<Config['storage'], { kind: 's3' }>): Promise<ObjectStore> {
  const { S3ObjectStore } = await import('./s3/s3.object-store.js');
  return new S3ObjectStore(config, undefined, false);
}

/** Loads a client where it is used: that of S3 takes 40 MB of memory and a third of a second. */
async function openAdapter(config: Config['storage'], writes: boolean, bulk: boolean): Promise<Adapter> {
  switch (config.kind) {
    case 'fs':
      return { adapter: new FsObjectStore({ root: config.root, writes, bulk }) };
    case 's3': {
      const { S3ObjectStore } = await import('./s3/s3.object-store.js');
      const adapter = new S3ObjectStore(config, undefined, writes);
      return { adapter, link: (key, seconds) => adapter.link(key, seconds) };
    }
    case 'external': {
      const { connectExternal } = await import('./external/connect.js');
      return connectExternal(config, writes);
    }
  }
}
