import { describe, expect, it } from 'vitest';
import { faultsOf, load } from './loading.js';

const credentialsOf = (env: Record<string, string>) => {
  const given = { STOA_STORAGE: 's3', STOA_S3_ENDPOINT: 'https://s3.example.com', STOA_S3_REGION: 'eu-1', ...env };
  const { storage } = load(given).config;
  return storage.kind === 's3' ? storage.credentials : null;
};

const faults = (env: Record<string, string>) =>
  faultsOf({ STOA_STORAGE: 's3', STOA_S3_ENDPOINT: 'https://s3.example.com', ...env });

describe('an S3 storage', () => {
  const s3 = {
    STOA_STORAGE: 's3',
    STOA_S3_ENDPOINT: 'http://minio:9000',
    STOA_S3_ACCESS_KEY: 'key',
    STOA_S3_SECRET_KEY: 'secret',
  };

  it('needs an endpoint and keys, and nothing else', () => {
    expect(load(s3).config.storage).toEqual({
      kind: 's3',
      endpoint: new URL('http://minio:9000'),
      bucket: 'stoa',
      region: 'us-east-1',
      credentials: { kind: 'keys', accessKey: 'key', secretKey: 'secret' },
      pathStyle: true,
      prefix: '',
      encryption: null,
      publicEndpoint: null,
      network: {},
    });
    expect(faultsOf({ STOA_STORAGE: 's3' })).toEqual([
      'STOA_S3_ENDPOINT: is not set, and STOA_STORAGE=s3 needs it',
      'STOA_S3_ACCESS_KEY: is not set, and STOA_S3_CREDENTIALS=keys needs it',
      'STOA_S3_SECRET_KEY: is not set, and STOA_S3_CREDENTIALS=keys needs it',
    ]);
  });

  it('has credentials of a role, an agent or the machine in place of keys', () => {
    const role = { AWS_ROLE_ARN: 'arn:role', AWS_WEB_IDENTITY_TOKEN_FILE: '/token' };
    expect(credentialsOf({ STOA_S3_CREDENTIALS: 'web-identity', ...role })).toEqual({
      kind: 'web-identity',
      endpoint: new URL('https://sts.eu-1.amazonaws.com'),
      roleArn: 'arn:role',
      sessionName: 'stoa',
      tokenFile: '/token',
    });
    const [relative, full] = ['/v2/credentials', 'http://169.254.170.23/v1/credentials'];
    expect(credentialsOf({ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative })).toMatchObject({
      url: new URL('http://169.254.170.2/v2/credentials'),
    });
    expect(credentialsOf({ STOA_S3_CREDENTIALS: 'container', AWS_CONTAINER_CREDENTIALS_FULL_URI: full })).toMatchObject(
      { url: new URL(full) },
    );
    expect(credentialsOf({ STOA_S3_CREDENTIALS: 'instance' })).toMatchObject({ kind: 'instance' });
    expect(faults({ STOA_S3_CREDENTIALS: 'web-identity' })).toHaveLength(2);
    expect(faults({ STOA_S3_CREDENTIALS: 'container' })).toEqual([
      'AWS_CONTAINER_CREDENTIALS_FULL_URI: is no URL, and STOA_S3_CREDENTIALS=container needs it',
    ]);
  });

  it('redirects zips only when it is one', () => {
    const publicEndpointOf = (env: Record<string, string>) => {
      const { storage } = load({ ...s3, ...env }).config;
      return storage.kind === 's3' ? storage.publicEndpoint?.href : null;
    };
    expect(publicEndpointOf({ STOA_ZIP_REDIRECT: 'on' })).toBe('http://minio:9000/');
    expect(publicEndpointOf({ STOA_ZIP_REDIRECT: 'on', STOA_S3_PUBLIC_ENDPOINT: 'https://s3.example.com' })).toBe(
      'https://s3.example.com/',
    );
    expect(publicEndpointOf({ STOA_S3_PUBLIC_ENDPOINT: 'https://s3.example.com' })).toBeUndefined();
    expect(faultsOf({ STOA_ZIP_REDIRECT: 'on' })).toEqual(['STOA_ZIP_REDIRECT: needs STOA_STORAGE=s3, not fs']);
    expect(faultsOf({ ...s3, STOA_S3_SSE_KMS_KEY_ID: 'key' })).toEqual([
      'STOA_S3_SSE_KMS_KEY_ID: needs STOA_S3_SSE=aws:kms',
    ]);
  });

  it('takes its other settings', () => {
    const env = {
      ...s3,
      STOA_S3_BUCKET: 'go-modules',
      STOA_S3_REGION: 'eu-1',
      STOA_S3_PATH_STYLE: 'off',
      STOA_S3_PREFIX: '/a/b/',
    };
    expect(load(env).config.storage).toMatchObject({
      bucket: 'go-modules',
      region: 'eu-1',
      pathStyle: false,
      prefix: 'a/b',
    });
  });

  it('that is set up but not chosen is a warning', () => {
    expect(load({ STOA_S3_ENDPOINT: 'http://minio:9000' }).warnings).toEqual([
      'STOA_S3_ENDPOINT has no effect while STOA_STORAGE is fs',
    ]);
  });

  it('that is near already needs no copies on disk: a warning', () => {
    expect(load({ STOA_DISK_CACHE: '1GiB' }).warnings).toEqual([
      'STOA_DISK_CACHE has no effect while STOA_STORAGE is fs: it is a folder already',
    ]);
  });
});
