import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { environment, parseBucket, parseEndpoint, type Config } from '#libs/config';
import type { Metrics } from '#libs/observability';
import { errorCode } from '#libs/protocol';
import { openBucket } from '#libs/storage';
import { UsageFailure } from '../expected-failure.js';
import { BucketFiles } from './bucket.files.js';
import { FolderFiles } from './folder.files.js';
import { ProxySource } from './proxy.source.js';
import type { ImportSource } from './source.js';
import { TreeSource } from './tree.source.js';

/** What is said of a source besides its name. */
export interface SourceOptions {
  /** A file of module@versions, or `-` for stdin. */
  readonly list?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly virtualHost?: boolean;
}

/**
 * Opens a source by what its name is: `https://` or `http://` a GOPROXY, `s3://bucket/prefix` a bucket, all else a folder
 * (`file://` too). Throws UsageFailure when it can be none, and RefusalError when a bucket can't be read.
 */
export async function openSource(
  name: string,
  options: SourceOptions,
  { config, metrics }: { readonly config: Config; readonly metrics: Metrics },
): Promise<ImportSource> {
  if (name === '') throw new UsageFailure('the name of the source is empty');
  if (/^https?:\/\//i.test(name)) return await openProxy(name, options.list, config, metrics);
  if (options.list !== undefined) throw new UsageFailure('--list goes with the URL of a GOPROXY only');
  if (/^s3:\/\//i.test(name)) return new TreeSource(await openBucketFiles(name, options, config));
  return new TreeSource(new FolderFiles(folderOf(name)));
}

/** A module cache is known by its `cache/download`; what else is in it are no modules as they are served. */
function folderOf(name: string): string {
  const root = resolve(/^file:\/\//i.test(name) ? checked('the folder', name, fileURLToPath) : name);
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) throw new UsageFailure(`${root} is no folder`);
  const downloads = join(root, 'cache', 'download');
  return existsSync(downloads) ? downloads : root;
}

async function openBucketFiles(name: string, options: SourceOptions, config: Config): Promise<BucketFiles> {
  const [, bucket = '', path = ''] = /^s3:\/\/([^/]*)\/?(.*)$/i.exec(name) ?? [];
  const own = config.storage.kind === 's3' ? config.storage : null;
  const env = environment();
  const endpoint = options.endpoint ?? env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'];
  const credentials = keysOf(env) ?? own?.credentials;
  if (credentials === undefined)
    throw new UsageFailure('set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to read a bucket');
  const url = endpoint === undefined ? own?.endpoint : checked('the endpoint', endpoint, parseEndpoint);
  if (url === undefined) throw new UsageFailure('name the S3 server of the bucket: --endpoint URL');
  const store = await openBucket({
    kind: 's3',
    endpoint: url,
    bucket: checked('the bucket', bucket, parseBucket),
    region: options.region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? own?.region ?? 'us-east-1',
    credentials,
    pathStyle: !options.virtualHost,
    prefix: path.replace(/^\/+|\/+$/g, ''),
    encryption: null,
    publicEndpoint: null,
    network: config.go.inherited,
  });
  // Not opened: that would make a bucket that is not there.
  await store.check();
  return new BucketFiles(store);
}

/** Everything comes from this one GOPROXY, private modules too: who imports from it says so. */
async function openProxy(
  url: string,
  list: string | undefined,
  config: Config,
  metrics: Metrics,
): Promise<ProxySource> {
  if (list === undefined)
    throw new UsageFailure('name the versions to import from a GOPROXY: --list FILE, or - for stdin');
  if (config.offline) throw new UsageFailure('STOA_NETWORK_MODE is offline: nothing is fetched from a GOPROXY');
  if (!URL.canParse(url) || /[,|]/.test(url)) throw new UsageFailure('the URL of the GOPROXY is none');
  const { createFetcher, EgressGuard } = await import('#libs/fetcher');
  const go = { ...config.go, GOPROXY: url, GONOPROXY: 'none' };
  const guard = new EgressGuard({ allow: config.allowPrivateAddresses, metrics });
  const fetcher = createFetcher(go, null, metrics, { guard, netrcFile: config.vcs.netrcFile });
  return new ProxySource(fetcher, list === '-' ? await readText(process.stdin) : readList(list));
}

function readList(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageFailure(`the list ${JSON.stringify(path)} can not be read (${errorCode(error)})`);
  }
}

function checked<T>(what: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    throw new UsageFailure(`${what} ${JSON.stringify(text)} ${error instanceof Error ? error.message : ''}`);
  }
}

/** The keys that the AWS tools read from the environment; undefined: there are none. */
function keysOf(env: ReturnType<typeof environment>) {
  const { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey, AWS_SESSION_TOKEN: sessionToken } = env;
  return accessKey && secretKey ? ({ kind: 'keys', accessKey, secretKey, sessionToken } as const) : undefined;
}
