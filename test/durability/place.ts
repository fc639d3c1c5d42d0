import { join } from 'node:path';
import type { Config } from '#libs/config';
import { Metrics } from '#libs/observability';
import { openStorage, type ObjectStore } from '#libs/storage';
import { bucketOn } from '../../libs/storage/test/conformance/bucket.js';
import { startMinio } from '../support/minio.js';

/** A storage of a test's own: its settings for processes, and the same storage for the test itself. */
export interface Place {
  readonly env: Record<string, string>;
  readonly storage: Config['storage'];
  open(): Promise<ObjectStore>;
  close(): Promise<void>;
}

/** Makes a storage of files in a folder, or a bucket of a MinIO. */
export async function makePlace(kind: 'fs' | 's3', folder: string): Promise<Place> {
  const { close, ...settings } = kind === 'fs' ? files(join(folder, 'storage')) : await bucket();
  const open = async (): Promise<ObjectStore> =>
    (
      await openStorage(
        { storage: settings.storage, memoryCache: 0, diskCache: 0, dataDir: folder, listTtl: 0 },
        new Metrics(),
      )
    ).objects;
  return { ...settings, open, close };
}

function files(root: string): Omit<Place, 'open'> {
  return { env: { STOA_FS_ROOT: root }, storage: { kind: 'fs', root }, close: async () => {} };
}

async function bucket(): Promise<Omit<Place, 'open'>> {
  const minio = await startMinio();
  const { endpoint, accessKey, secretKey } = minio;
  return {
    env: {
      STOA_STORAGE: 's3',
      STOA_S3_ENDPOINT: endpoint,
      STOA_S3_ACCESS_KEY: accessKey,
      STOA_S3_SECRET_KEY: secretKey,
    },
    storage: bucketOn(minio, 'stoa'),
    close: () => minio.stop(),
  };
}
