import type { PutOptions } from '#libs/storage';
import type { S3ObjectStore } from '../src/s3/s3.object-store.js';

export const put = (
  store: S3ObjectStore,
  key: string,
  text: string,
  mode: PutOptions['mode'] = 'create',
): Promise<boolean> => store.put(key, Buffer.from(text), { size: Buffer.byteLength(text), mode });

export async function keysOf(store: S3ObjectStore, prefix: string, startAfter?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix, startAfter)) keys.push(key);
  return keys;
}
