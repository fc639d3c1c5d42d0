import type { Connect } from '../adapter.js';
import { S3ObjectStore } from './s3.object-store.js';

/** Connects to a bucket, which `open` makes when it is absent. */
export const connect: Connect<'s3'> = (config, { writes = false }) => {
  const store = new S3ObjectStore(config, undefined, writes);
  return {
    store,
    origin: `s3 ${config.endpoint.origin} ${config.bucket} ${config.prefix}`,
    link: (key, seconds) => store.link(key, seconds),
  };
};
