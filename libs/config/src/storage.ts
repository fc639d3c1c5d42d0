import type { S3Credentials, StorageConfig } from './config.js';
import type { Given, SettingName, Values } from './settings.js';

/** What a kind of storage can't do without, and a kind of credentials. */
const NEEDED: Readonly<Record<string, readonly SettingName[]>> = {
  s3: ['STOA_S3_ENDPOINT'],
  external: ['STOA_EXTERNAL_URL'],
  keys: ['STOA_S3_ACCESS_KEY', 'STOA_S3_SECRET_KEY'],
  'web-identity': ['AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
};
/** The agent of ECS, where its path alone is told. */
const CONTAINER_AGENT = 'http://169.254.170.2';

/** Names the settings that the storage can't do without and that are not given, and what it can't do. */
export function storageFaults(text: (name: SettingName) => string, given: Given): string[] {
  const [storage, credentials] = [text('STOA_STORAGE'), text('STOA_S3_CREDENTIALS')];
  const missing = (kind: string, setting: string): string[] =>
    (NEEDED[kind] ?? []).filter((name) => !given(name)).map((name) => `${name}: is not set, and ${setting} needs it`);
  const faults = missing(storage, `STOA_STORAGE=${storage}`);
  if (storage === 's3') {
    faults.push(...missing(credentials, `STOA_S3_CREDENTIALS=${credentials}`));
    if (
      credentials === 'container' &&
      agentUrl(text('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'), text('AWS_CONTAINER_CREDENTIALS_FULL_URI')) === null
    )
      faults.push('AWS_CONTAINER_CREDENTIALS_FULL_URI: is no URL, and STOA_S3_CREDENTIALS=container needs it');
    if (given('STOA_S3_SSE_KMS_KEY_ID') && text('STOA_S3_SSE') !== 'aws:kms')
      faults.push('STOA_S3_SSE_KMS_KEY_ID: needs STOA_S3_SSE=aws:kms');
  } else if (text('STOA_ZIP_REDIRECT') === 'on') {
    faults.push(`STOA_ZIP_REDIRECT: needs STOA_STORAGE=s3, not ${storage}`);
  }
  return faults;
}

function agentUrl(relative: string | undefined, full = ''): URL | null {
  const url = relative ? `${CONTAINER_AGENT}${relative}` : full;
  return /^https?:/.test(url) && URL.canParse(url) ? new URL(url) : null;
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
  const { STOA_S3_ENDPOINT: endpoint, STOA_S3_SSE: algorithm, STOA_S3_SSE_KMS_KEY_ID: keyId } = values;
  if (!endpoint) throw new Error('an S3 storage without its endpoint');
  return {
    kind: 's3',
    endpoint,
    credentials: s3Credentials(values),
    bucket: values.STOA_S3_BUCKET,
    region: values.STOA_S3_REGION,
    pathStyle: values.STOA_S3_PATH_STYLE,
    prefix: values.STOA_S3_PREFIX ?? '',
    encryption: algorithm ? { algorithm, keyId } : null,
    publicEndpoint: values.STOA_ZIP_REDIRECT ? (values.STOA_S3_PUBLIC_ENDPOINT ?? endpoint) : null,
    network,
  };
}

function s3Credentials(values: Values): S3Credentials {
  switch (values.STOA_S3_CREDENTIALS) {
    case 'keys': {
      const { STOA_S3_ACCESS_KEY: accessKey, STOA_S3_SECRET_KEY: secretKey } = values;
      if (accessKey === undefined || secretKey === undefined) throw new Error('an S3 storage without keys');
      return { kind: 'keys', accessKey, secretKey, sessionToken: values.STOA_S3_SESSION_TOKEN };
    }
    case 'web-identity': {
      const { AWS_ROLE_ARN: roleArn, AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile } = values;
      if (roleArn === undefined || tokenFile === undefined) throw new Error('a web identity without role and token');
      const { AWS_ENDPOINT_URL_STS: endpoint, AWS_ROLE_SESSION_NAME: sessionName } = values;
      return { kind: 'web-identity', endpoint, roleArn, sessionName, tokenFile };
    }
    case 'container': {
      const url = agentUrl(values.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, values.AWS_CONTAINER_CREDENTIALS_FULL_URI);
      if (url === null) throw new Error('a container without an agent');
      return { kind: 'container', url, tokenFile: values.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE };
    }
    case 'instance':
      return { kind: 'instance', endpoint: values.AWS_EC2_METADATA_SERVICE_ENDPOINT };
  }
}
