import type { StorageConfig } from '#libs/config';
import type { Minio } from '../../../../test/support/minio.js';

type S3Config = Extract<StorageConfig, { kind: 's3' }>;

/** The settings of a bucket on a server of the tests. */
export function bucketOn(server: Pick<Minio, 'endpoint' | 'accessKey' | 'secretKey'>, bucket: string): S3Config {
  return {
    kind: 's3',
    endpoint: new URL(server.endpoint),
    bucket,
    region: 'us-east-1',
    credentials: { kind: 'keys', accessKey: server.accessKey, secretKey: server.secretKey },
    pathStyle: true,
    prefix: '',
    encryption: null,
    publicEndpoint: null,
    network: {},
  };
}
