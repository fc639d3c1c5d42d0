import type { Config } from './config.js';
import type { Environment } from './environment.js';
import { goConfig } from './go.js';
import { redisConfig } from './redis.js';
import type { Values } from './settings.js';
import { storageConfig } from './storage.js';
import { parseSumdbs } from './sumdb.js';

/** Gives the frozen object that the program is run by, from values without faults. */
export function assembleConfig(values: Values, env: Environment): Config {
  const go = goConfig(values, env);
  return frozen({
    listen: values.STOA_LISTEN,
    opsListen: values.STOA_OPS_LISTEN,
    basePath: values.STOA_BASE_PATH,
    dataDir: values.STOA_DATA_DIR,
    logLevel: values.STOA_LOG_LEVEL,
    logFormat: values.STOA_LOG_FORMAT,
    shutdownGrace: values.STOA_SHUTDOWN_GRACE,
    storage: storageConfig(values, go.inherited),
    storageToken: values.STOA_EXTERNAL_TOKEN,
    memoryCache: values.STOA_MEMORY_CACHE,
    diskCache: values.STOA_DISK_CACHE,
    redis: redisConfig(values),
    queuePrefix: values.STOA_QUEUE_PREFIX,
    queuePatience: values.STOA_QUEUE_PATIENCE,
    downloadConcurrency: values.STOA_DOWNLOAD_CONCURRENCY,
    queryConcurrency: values.STOA_QUERY_CONCURRENCY,
    goConcurrency: values.STOA_GO_CONCURRENCY,
    waitTimeout: values.STOA_WAIT_TIMEOUT,
    fetchTimeout: values.STOA_FETCH_TIMEOUT,
    queryTimeout: values.STOA_QUERY_TIMEOUT,
    maxWaiting: values.STOA_MAX_WAITING,
    go,
    vcs: {
      netrcFile: values.STOA_NETRC_FILE,
      sshKeyFile: values.STOA_SSH_KEY_FILE,
      sshKnownHostsFile: values.STOA_SSH_KNOWN_HOSTS_FILE,
      gitConfigFile: values.STOA_GIT_CONFIG_FILE,
      githubToken: values.STOA_GITHUB_TOKEN,
    },
    vcsCache: values.STOA_VCS_CACHE,
    listTtl: values.STOA_LIST_TTL,
    refreshWait: values.STOA_REFRESH_WAIT,
    notFoundTtl: values.STOA_NOT_FOUND_TTL,
    offline: values.STOA_NETWORK_MODE === 'offline',
    sumdbs: values.STOA_SUMDBS,
    allowPrivateAddresses: values.STOA_ALLOW_PRIVATE_ADDRESSES,
    verifyAgainst: (values.STOA_VERIFY ? parseSumdbs(values.GOSUMDB)[0] : undefined) ?? null,
  });
}

/** Freezes plain objects and lists all the way down; a URL stays as it is, for it can't be frozen. */
function frozen<T>(value: T): T {
  if (value === null || typeof value !== 'object' || value instanceof URL) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
