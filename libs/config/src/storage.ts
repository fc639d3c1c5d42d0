import type { StorageConfig } from './config.js';
import type { Given, SettingName, Values } from './settings.js';

/** What a kind of storage can't do without. */
const NEEDED: Readonly<Record<string, readonly SettingName[]>> = {
  s3: ['STOA_S3_ENDPOINT', 'STOA_S3_ACCESS_KEY', 'STOA_S3_SECRET_KEY'],
  external: ['STOA_EXTERNAL_URL'],
};

/** Names the settings that the storage can't do without and that are not given. */
export function storageFaults(storage: string, given: Given): string[] {
  const missing = (NEEDED[storage] ?? []).filter((name) => !given(name));
  return missing.map((name) => `${name}: is not set, and STOA_STORAGE=${storage} needs it`);
}

/** Finds settings of another storage than the one that is chosen. */
export function storageWarnings(storage: string, given: Given): string[] {
  const idle = (['STOA_S3_ENDPOINT', 'STOA_EXTERNAL_URL', 'STOA_META_ROOT'] as const).filter(
    (name) => given(name) && storage !== (name === 'STOA_S3_ENDPOINT' ? 's3' : 'external'),
  );
  return idle.map((name) => `${name} has no effect while STOA_STORAGE is ${storage}`);
}

/** Puts together where modules are kept. Throws when storageFaults has something to say. */
export function storageConfig(values: Values, network: Readonly<Record<string, string>>): StorageConfig {
  if (values.STOA_STORAGE === 'fs') return { kind: 'fs', root: values.STOA_FS_ROOT };
  if (values.STOA_STORAGE === 'external') {
    const { STOA_EXTERNAL_URL: url, STOA_EXTERNAL_TOKEN: token, STOA_META_ROOT: metaRoot } = values;
    if (!url) throw new Error('an external storage without its URL');
    return { kind: 'external', url, token, metaRoot, network };
  }
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
