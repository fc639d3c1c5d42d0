import type { StorageConfig } from './config.js';
import type { Given, Values } from './settings.js';

/** Names the settings that an S3 storage can't do without and that are not given. */
export function storageFaults(storage: string, given: Given): string[] {
  if (storage !== 's3') return [];
  const needed = (['STOA_S3_ENDPOINT', 'STOA_S3_ACCESS_KEY', 'STOA_S3_SECRET_KEY'] as const).filter(
    (name) => !given(name),
  );
  return needed.map((name) => `${name}: is not set, and STOA_STORAGE=s3 needs it`);
}

/** Puts together where modules are kept. Throws when storageFaults has something to say. */
export function storageConfig(values: Values): StorageConfig {
  if (values.STOA_STORAGE === 'fs') return { kind: 'fs', root: values.STOA_FS_ROOT };
  const { STOA_S3_ENDPOINT: endpoint, STOA_S3_ACCESS_KEY: accessKey, STOA_S3_SECRET_KEY: secretKey } = values;
  if (!endpoint || accessKey === undefined || secretKey === undefined)
    throw new Error('an S3 storage without its settings');
  return {
    kind: 's3',
    endpoint,
    accessKey,
    secretKey,
    bucket: values.STOA_S3_BUCKET,
    region: values.STOA_S3_REGION,
    pathStyle: values.STOA_S3_PATH_STYLE,
    prefix: values.STOA_S3_PREFIX ?? '',
  };
}
