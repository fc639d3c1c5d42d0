import { MemoryObjectStore } from '#libs/storage';
import { startSixRoutes, startSqliteExample } from '../../../../test/support/storage-servers.js';
import { bucket, files, served, servedByUs, type Ground } from './ground.js';

/** A storage that the suites are run on. */
export interface Conforming {
  readonly name: string;
  /** Makes an empty one; `folder` is empty, and removed afterwards. */
  readonly lay: (folder: string) => Promise<Ground>;
  /** How much of the object suite: the object of 600 MB too, all else, or none, for what is no store of any key. */
  readonly objects: 'all' | 'small' | 'none';
  /** The settings of the tiers before it; absent: it has none. */
  readonly tiers?: Readonly<Record<string, string>>;
  /** Whether it is opened for thousands of small files. */
  readonly bulk?: boolean;
  /** Whether it is a storage server, whose own routes are tried too. */
  readonly server?: true;
}

const memory = { STOA_MEMORY_CACHE: '4MiB' };
const disk = { STOA_DISK_CACHE: '2GiB' };
const noMemory = { STOA_MEMORY_CACHE: '0' };

/**
 * Every storage that must conform, with each tier: a new adapter is one line. The three test files take turns at it, so
 * slow ones do not stand three apart.
 */
export const STORAGES: readonly Conforming[] = [
  { name: 'memory', objects: 'small', lay: async () => ({ store: new MemoryObjectStore() }) },
  { name: 'fs', objects: 'all', lay: files },
  { name: 'fs in bulk', objects: 'small', lay: files, bulk: true },
  { name: 'fs behind the memory tier', objects: 'small', lay: files, tiers: memory },
  { name: 's3', objects: 'all', lay: bucket },
  { name: 's3 behind the disk tier', objects: 'small', lay: bucket, tiers: { ...noMemory, ...disk } },
  { name: 's3 behind both tiers', objects: 'small', lay: bucket, tiers: { ...memory, ...disk } },
  { name: 'external, the example on SQLite', objects: 'small', lay: served(startSqliteExample), server: true },
  { name: 'external, our server over s3', objects: 'small', lay: servedByUs(bucket), server: true },
  { name: 'external, our server over fs', objects: 'small', lay: servedByUs(files), server: true },
  { name: 'external, the six basic routes', objects: 'none', lay: served(startSixRoutes), server: true },
];
