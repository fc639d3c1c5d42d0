import { z } from 'zod';
import { parseRedisNodes, parseRedisUrl } from './redis-address.js';
import { parseBearerToken, parseServerUrl } from './external.js';
import { parseGoEnv } from './go-env.js';
import { checkGoproxy } from './goproxy.js';
import { parseHostPatterns } from './host-patterns.js';
import { address, choice, command, delay, duration, kind, number, onOff, path, size, text } from './kind.js';
import { checkModulePatterns } from './module-patterns.js';
import { parseBasePath, parseQueuePrefix } from './prefix.js';
import { S3_SETTINGS } from './s3-settings.js';
import { section, type DerivedDefault } from './setting.js';
import { checkGosumdb, parseSumdbs } from './sumdb.js';

const listener = section('Listeners');
const processes = section('Process');
const storage = section('Storage');
const redis = section('Redis');
const job = section('Jobs');
const go = section('Go');
const vcs = section('Private modules');
const freshness = section('Freshness');
const network = section('Network');

const OPS_PORTS = { api: 3001, start: 3001, worker: 3002, storage: 3004 } as const;

const modulePatterns = () => kind('patterns', checkModulePatterns);

const goDefault: DerivedDefault = { documented: '`go env`', find: () => '' };
const privateDefault: DerivedDefault = { documented: '`GOPRIVATE`', find: ({ textOf }) => textOf('GOPRIVATE') };

/**
 * The table of settings: how each text is read, its section, default, meaning, and whether it is secret.
 * Parsing, `stoa config` and docs/configuration.md all come from it.
 */
export const settingsSchema = z.object({
  STOA_LISTEN: listener(
    address(),
    'where the gateway answers the go command, or a storage server its clients; `:3000` is every IPv4 address',
    {
      fallback: {
        documented: '`127.0.0.1:3000`, storage server `127.0.0.1:3003`',
        find: (from) => (from.process === 'storage' ? '127.0.0.1:3003' : '127.0.0.1:3000'),
      },
    },
  ),
  STOA_OPS_LISTEN: listener(address(), 'where a process answers its operators: `/metrics`, probes, admin writes', {
    fallback: {
      documented: '`127.0.0.1:3001`, worker `127.0.0.1:3002`, storage server `127.0.0.1:3004`',
      find: ({ process: name }) => `127.0.0.1:${OPS_PORTS[name]}`,
    },
  }),
  STOA_BASE_PATH: listener(kind('path of a URL', parseBasePath), 'prefix of every route of the gateway', {
    fallback: '',
  }),

  STOA_DATA_DIR: processes(path(), "scratch files, the go command's module cache, standalone's storage and Redis", {
    fallback: '.stoa',
  }),
  STOA_LOG_LEVEL: processes(
    choice('trace', 'debug', 'info', 'warn', 'error', 'fatal'),
    'the least severe message that is logged',
    {
      fallback: 'info',
    },
  ),
  STOA_LOG_FORMAT: processes(choice('pretty', 'json'), 'lines for people or for machines', {
    fallback: {
      documented: '`pretty` on a terminal, else `json`',
      find: ({ machine }) => (machine.terminal ? 'pretty' : 'json'),
    },
  }),
  STOA_SHUTDOWN_GRACE: processes(delay(), 'how long transfers and jobs may still run after SIGTERM', {
    fallback: '30s',
  }),

  STOA_STORAGE: storage(
    choice('fs', 's3', 'external'),
    'where modules are kept: a folder, a bucket of an S3 server, or [any HTTP server](external-storage.md)',
    { fallback: 'fs' },
  ),
  STOA_FS_ROOT: storage(path(), 'folder of the `fs` storage', {
    fallback: { documented: '`<data dir>/storage`', find: ({ textOf }) => `${textOf('STOA_DATA_DIR')}/storage` },
  }),
  ...S3_SETTINGS,
  STOA_EXTERNAL_URL: storage(
    kind('URL', parseServerUrl).optional(),
    '`http://host:port` or `https://host/path` of the external storage server',
  ),
  STOA_EXTERNAL_TOKEN: storage(
    kind('text', parseBearerToken).optional(),
    'bearer token: shown to the external storage server, and wanted by `stoa storage` of its clients',
    { secret: 'whole' },
  ),
  STOA_META_ROOT: storage(
    path().optional(),
    'folder that gateways and workers share, for what an external server with the six basic routes alone does not take',
  ),
  STOA_MEMORY_CACHE: storage(size(), 'what a gateway keeps in memory: files up to 1 MiB; `0` keeps none', {
    fallback: '64MiB',
  }),
  STOA_DISK_CACHE: storage(
    size(),
    'what a gateway keeps below the data dir of a storage that is no folder: zips; `0` keeps none',
    { fallback: '0' },
  ),

  STOA_REDIS_URL: redis(
    kind('URL', parseRedisUrl),
    '`redis://user:password@host:6379/0`, `rediss://` for TLS, `unix:///path?db=0`',
    {
      fallback: 'redis://127.0.0.1:6379',
      secret: 'part',
    },
  ),
  STOA_REDIS_SENTINELS: redis(
    kind('list', (value) => parseRedisNodes(value, 26379)).optional(),
    'Sentinels, in place of the URL: `host:port,host:port`; `rediss://` before an entry: TLS to Sentinels and servers',
  ),
  STOA_REDIS_SENTINEL_MASTER: redis(text().optional(), 'name of the master that the Sentinels watch'),
  STOA_REDIS_SENTINEL_USERNAME: redis(text().optional(), 'user of the Sentinels themselves'),
  STOA_REDIS_SENTINEL_PASSWORD: redis(text().optional(), 'password of the Sentinels themselves', { secret: 'whole' }),
  STOA_REDIS_CLUSTER: redis(
    kind('list', (value) => parseRedisNodes(value, 6379)).optional(),
    'nodes of a Redis Cluster, in place of the URL: `host:port,host:port`; `rediss://` before an entry: TLS',
  ),
  STOA_REDIS_USERNAME: redis(text().optional(), 'user of the servers, where the URL names none'),
  STOA_REDIS_PASSWORD: redis(text().optional(), 'password of the servers, where the URL holds none', {
    secret: 'whole',
  }),
  STOA_REDIS_DB: redis(
    number(0, 99_999).optional(),
    'database of the servers, where the URL names none; a Cluster has `0` only',
  ),

  STOA_QUEUE_PREFIX: job(kind('text', parseQueuePrefix), 'prefix of every key in Redis: one for each installation', {
    fallback: 'stoa',
  }),
  STOA_QUEUE_PATIENCE: job(delay(), 'how long a miss keeps trying while Redis does not answer; then 503', {
    fallback: {
      documented: '`1s`; `15s` with Sentinel or Cluster',
      find: ({ textOf }) => (textOf('STOA_REDIS_SENTINELS') || textOf('STOA_REDIS_CLUSTER') ? '15s' : '1s'),
    },
  }),
  STOA_DOWNLOAD_CONCURRENCY: job(number(1, 10_000), 'zips that one worker fetches at once', { fallback: '32' }),
  STOA_QUERY_CONCURRENCY: job(number(1, 10_000), 'lists, `.mod` files and lookups that one worker fetches at once', {
    fallback: '32',
  }),
  STOA_GO_CONCURRENCY: job(
    number(1, 10_000),
    'downloads by the go command at once in one worker; queries have as many of their own',
    {
      fallback: { documented: 'number of CPUs', find: ({ machine }) => String(machine.cpus) },
    },
  ),
  STOA_WAIT_TIMEOUT: job(delay(1), 'longest that a client waits for a job; then 504, and the job goes on', {
    fallback: '5m',
  }),
  STOA_FETCH_TIMEOUT: job(delay(1), 'deadline of a job that fetches files of a version', { fallback: '10m' }),
  STOA_QUERY_TIMEOUT: job(delay(1), 'deadline of every other job, and of each look-up in a checksum database', {
    fallback: '1m',
  }),
  STOA_MAX_WAITING: job(number(1, 10_000_000), 'waiting jobs beyond which misses get 503', { fallback: '10000' }),

  STOA_GO_BINARY: go(command(), 'the go command', { fallback: 'go' }),
  STOA_GO_ENV: go(
    kind('`KEY=VALUE;KEY=VALUE`', parseGoEnv),
    'variables for the go command and for the choice of sources: values may hold `,` `=` and spaces, `\\;` is a semicolon, a later entry wins, `KEY=` empties',
    { fallback: '', secret: 'part' },
  ),
  STOA_VCS_CACHE: go(
    size(),
    'room for the repositories that are kept for the next version of a module; workers of one host may share them',
    { fallback: '5GiB' },
  ),
  GOPROXY: go(kind('list', checkGoproxy), 'sources of public modules, tried in order: URLs, `direct`, `off`', {
    fallback: goDefault,
  }),
  GOPRIVATE: go(modulePatterns(), 'modules that are fetched from their own repository and not looked up in public', {
    fallback: goDefault,
  }),
  GONOPROXY: go(modulePatterns(), 'modules that are fetched from their own repository', { fallback: privateDefault }),
  GOSUMDB: go(
    kind('checksum database', checkGosumdb),
    'the checksum database: a name, `name+hash+key`, `name+hash+key url`, `off`',
    {
      fallback: goDefault,
    },
  ),
  GONOSUMDB: go(modulePatterns(), 'modules that are not looked up in the checksum database', {
    fallback: privateDefault,
  }),
  GOINSECURE: go(modulePatterns(), 'modules that may be fetched without TLS', { fallback: goDefault }),
  GOVCS: go(text(), 'version control systems that may be used', { fallback: goDefault }),
  GOAUTH: go(text(), 'where the go command finds credentials for HTTPS', { fallback: goDefault }),

  STOA_NETRC_FILE: vcs(path().optional(), 'netrc file: credentials of https upstreams and private repositories'),
  STOA_SSH_KEY_FILE: vcs(path().optional(), 'private SSH key without a passphrase'),
  STOA_SSH_KNOWN_HOSTS_FILE: vcs(
    path().optional(),
    'known_hosts file: an SSH server whose key is not in it is refused',
  ),
  STOA_GIT_CONFIG_FILE: vcs(path().optional(), 'git configuration'),
  STOA_GITHUB_TOKEN: vcs(text().optional(), 'token for private repositories on github.com', { secret: 'whole' }),

  STOA_LIST_TTL: freshness(
    duration(),
    'age up to which lists, `@latest` and branches are answered without asking their source',
    {
      fallback: '1m',
    },
  ),
  STOA_REFRESH_WAIT: freshness(delay(), 'how long a client waits for a newer list before it gets the stored one', {
    fallback: '3s',
  }),
  STOA_NOT_FOUND_TTL: freshness(duration(), 'how long a 404 is remembered', { fallback: '1m' }),

  STOA_VERIFY: network(
    onOff(),
    '`on`: what is fetched is stored only when the checksum database of GOSUMDB agrees; `off` asks none',
    { fallback: 'on' },
  ),
  STOA_NETWORK_MODE: network(
    choice('online', 'offline'),
    '`offline`: no outbound connection, answers from storage only',
    {
      fallback: 'online',
    },
  ),
  STOA_SUMDBS: network(
    kind('list of checksum databases', parseSumdbs),
    'checksum databases that are proxied, each as in GOSUMDB; `off` for none',
    {
      fallback: { documented: 'the value of `GOSUMDB`', find: ({ textOf }) => textOf('GOSUMDB') },
    },
  ),
  STOA_ALLOW_PRIVATE_ADDRESSES: network(
    kind('host patterns', parseHostPatterns),
    'hosts that a fetch may reach although they are loopback, private or link-local addresses: names, `*.domain`, addresses',
    { fallback: '' },
  ),
});

/** The settings by name, read from their texts but not yet checked against each other. */
export type Values = z.output<typeof settingsSchema>;

/** The name of a setting: `STOA_LISTEN`. */
export type SettingName = keyof typeof settingsSchema.shape;

/** Whether a user gave the setting. */
export type Given = (name: SettingName) => boolean;

/** Planned settings without which a user would only miss something: setting one is answered with a warning. */
export const UNSUPPORTED = ['STOA_DOWNLOAD_MODE', 'STOA_DOWNLOAD_URL'] as const;

/** Planned settings that protect: who sets one counts on it, so a start without it is refused. */
export const UNSUPPORTED_PROTECTION = [
  'STOA_TLS_CERT',
  'STOA_TLS_KEY',
  'STOA_POLICY_FILE',
  'STOA_VALIDATOR_URL',
  'STOA_BASIC_AUTH',
  'STOA_TOKENS_FILE',
] as const;
