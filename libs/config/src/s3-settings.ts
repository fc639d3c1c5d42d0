import { choice, kind, onOff, path, text } from './kind.js';
import { parseKeyPrefix } from './prefix.js';
import { parseBucket, parseEndpoint } from './s3.js';
import { section } from './setting.js';

const storage = section('Storage');

/** The rows of the settings table about S3 servers. Names without STOA_ have the meaning that the AWS SDKs give them. */
export const S3_SETTINGS = {
  STOA_S3_ENDPOINT: storage(
    kind('URL', parseEndpoint).optional(),
    '`http://host:port` or `https://host` of the S3 server',
  ),
  STOA_S3_BUCKET: storage(kind('text', parseBucket), 'bucket, made when it is absent', { fallback: 'stoa' }),
  STOA_S3_REGION: storage(text(), 'region, as requests are signed for it', { fallback: 'us-east-1' }),
  STOA_S3_PATH_STYLE: storage(onOff(), '`on`: `http://host/bucket/key`; `off`: `http://bucket.host/key`', {
    fallback: 'on',
  }),
  STOA_S3_PREFIX: storage(kind('text', parseKeyPrefix).optional(), 'prefix of every key in the bucket'),
  STOA_S3_CREDENTIALS: storage(
    choice('keys', 'web-identity', 'container', 'instance'),
    'where credentials come from: the two keys, a role for a token in a file (EKS service accounts), the container agent (ECS, EKS pod identity), the metadata of the machine (EC2)',
    {
      fallback: {
        documented: '`web-identity` or `container` where their variables are set and no keys are, else `keys`',
        find: ({ textOf }) => foundCredentials(textOf),
      },
    },
  ),
  STOA_S3_ACCESS_KEY: storage(text().optional(), 'access key', { secret: 'whole' }),
  STOA_S3_SECRET_KEY: storage(text().optional(), 'secret key', { secret: 'whole' }),
  STOA_S3_SESSION_TOKEN: storage(text().optional(), 'session token of temporary keys', { secret: 'whole' }),
  AWS_ROLE_ARN: storage(text().optional(), '`web-identity`: the role'),
  AWS_WEB_IDENTITY_TOKEN_FILE: storage(path().optional(), '`web-identity`: file with the token, read at each renewal'),
  AWS_ROLE_SESSION_NAME: storage(text(), '`web-identity`: name of the session', { fallback: 'stoa' }),
  AWS_ENDPOINT_URL_STS: storage(kind('URL', parseEndpoint), '`web-identity`: the token service', {
    fallback: {
      documented: '`https://sts.<region>.amazonaws.com`',
      find: ({ textOf }) => `https://sts.${textOf('STOA_S3_REGION')}.amazonaws.com`,
    },
  }),
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: storage(text().optional(), '`container`: path at the agent of ECS'),
  AWS_CONTAINER_CREDENTIALS_FULL_URI: storage(text().optional(), '`container`: URL of another agent'),
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: storage(
    path().optional(),
    '`container`: file with what the agent wants as Authorization, read at each renewal',
  ),
  AWS_EC2_METADATA_SERVICE_ENDPOINT: storage(kind('URL', parseEndpoint), '`instance`: the metadata service', {
    fallback: 'http://169.254.169.254',
  }),
  STOA_S3_SSE: storage(
    choice('AES256', 'aws:kms').optional(),
    'server-side encryption that is asked for with each object; without it the default of the bucket holds',
  ),
  STOA_S3_SSE_KMS_KEY_ID: storage(text().optional(), 'key of `aws:kms`; without it the default key of the account'),
  STOA_ZIP_REDIRECT: storage(onOff(), '`on`: zips are answered with a redirect to a presigned URL of the S3 server', {
    fallback: 'off',
  }),
  STOA_S3_PUBLIC_ENDPOINT: storage(
    kind('URL', parseEndpoint).optional(),
    'S3 server as clients reach it, for redirects; without it as the gateway does',
  ),
};

/** What an orchestrator has set up for its container, unless keys are given. */
function foundCredentials(textOf: (name: string) => string): string {
  if (textOf('STOA_S3_ACCESS_KEY')) return 'keys';
  if (textOf('AWS_WEB_IDENTITY_TOKEN_FILE')) return 'web-identity';
  const agent = textOf('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI') || textOf('AWS_CONTAINER_CREDENTIALS_FULL_URI');
  return agent ? 'container' : 'keys';
}
