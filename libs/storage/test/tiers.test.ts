import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { Metrics } from '#libs/observability';
import { DiskTier, FsObjectStore, MemoryTier, ObjectModuleStore, type ObjectStore } from '#libs/storage';
import { S3ObjectStore } from '../src/s3/s3.object-store.js';
import { startMinio, type Minio } from '../../../test/support/minio.js';
import { bucketOn } from './conformance/bucket.js';
import { describeModuleStore } from './conformance/module-store.js';
import { describeObjectStore } from './conformance/object-store.js';

let minio: Minio;
let folder: string;
let stores = 0;

beforeAll(async () => {
  minio = await startMinio();
  folder = await mkdtemp(join(tmpdir(), 'stoa-tiers-'));
});
afterAll(async () => {
  await minio.stop();
  await rm(folder, { recursive: true });
});

const memory = (inner: ObjectStore): ObjectStore =>
  new MemoryTier(inner, { maxBytes: 4 * 1024 * 1024, mutableMaxAge: 60_000 });

const disk = (inner: ObjectStore): ObjectStore =>
  new DiskTier(inner, {
    folder: join(folder, String(++stores)),
    origin: 'test',
    maxBytes: 2 * 1024 ** 3,
    keepsFrom: 0,
    metrics: new Metrics(),
    log: {
      warn: (fields: unknown) => {
        throw new Error('the disk tier fails', { cause: fields });
      },
    },
  });

const files = (): ObjectStore => new FsObjectStore({ root: join(folder, String(++stores)) });

const bucket = (): ObjectStore => new S3ObjectStore(bucketOn(minio, `stoa-${++stores}`));

const opened = async (store: ObjectStore): Promise<ObjectStore> => {
  await store.open();
  return store;
};
const remove = async (): Promise<void> => {};

// The memory tier over files is in its own test; what large objects cost is shown by the adapters themselves.
for (const [name, compose] of [
  ['DiskTier over FsObjectStore', () => disk(files())],
  ['MemoryTier over S3ObjectStore', () => memory(bucket())],
  ['DiskTier over S3ObjectStore', () => disk(bucket())],
] as const) {
  describeObjectStore(name, { takesLargeObjects: false, open: () => opened(compose()), remove });
}

describeModuleStore('ObjectModuleStore on MemoryTier over DiskTier over S3ObjectStore', {
  open: async () => new ObjectModuleStore(await opened(memory(disk(bucket())))),
  remove,
});
