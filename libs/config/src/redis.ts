import type { RedisConfig, RedisCredentials } from './config.js';
import type { Given, SettingName, Values } from './settings.js';

/** Finds Redis settings that contradict or need each other, from which of them are given. */
export function redisFaults(given: Given): string[] {
  const faults: string[] = [];
  const ways = (['STOA_REDIS_URL', 'STOA_REDIS_SENTINELS', 'STOA_REDIS_CLUSTER'] as const).filter(given);
  if (ways.length > 1) faults.push(`${ways.join(', ')}: only one of them can be set`);
  if (given('STOA_REDIS_SENTINELS') && !given('STOA_REDIS_SENTINEL_MASTER')) {
    faults.push('STOA_REDIS_SENTINELS: needs STOA_REDIS_SENTINEL_MASTER, the name of the master');
  }
  for (const name of [
    'STOA_REDIS_SENTINEL_MASTER',
    'STOA_REDIS_SENTINEL_USERNAME',
    'STOA_REDIS_SENTINEL_PASSWORD',
  ] as const) {
    if (given(name) && !given('STOA_REDIS_SENTINELS'))
      faults.push(`${name}: is of no use without STOA_REDIS_SENTINELS`);
  }
  if (given('STOA_REDIS_SENTINEL_USERNAME') && !given('STOA_REDIS_SENTINEL_PASSWORD')) {
    faults.push('STOA_REDIS_SENTINEL_USERNAME: needs STOA_REDIS_SENTINEL_PASSWORD');
  }
  return faults;
}

/** Finds Redis settings whose values contradict each other. */
export function redisValueFaults(values: Values): string[] {
  const faults: string[] = [];
  const grouped = values.STOA_REDIS_SENTINELS ?? values.STOA_REDIS_CLUSTER;
  const url = grouped ? undefined : values.STOA_REDIS_URL;
  const twice = (name: SettingName) => faults.push(`${name}: STOA_REDIS_URL says it too; say it once`);
  if (values.STOA_REDIS_USERNAME !== undefined && url?.username !== undefined) twice('STOA_REDIS_USERNAME');
  if (values.STOA_REDIS_PASSWORD !== undefined && url?.password !== undefined) twice('STOA_REDIS_PASSWORD');
  if (values.STOA_REDIS_DB !== undefined && url !== undefined && url.db !== 0) twice('STOA_REDIS_DB');
  if (values.STOA_REDIS_CLUSTER && values.STOA_REDIS_DB)
    faults.push('STOA_REDIS_DB: a Redis Cluster has database 0 only');
  if ((url?.username ?? values.STOA_REDIS_USERNAME) && !(url?.password ?? values.STOA_REDIS_PASSWORD)) {
    faults.push(`${url?.username ? 'STOA_REDIS_URL' : 'STOA_REDIS_USERNAME'}: names a user, but there is no password`);
  }
  return faults;
}

/** Puts together how Redis is reached, from settings without faults. */
export function redisConfig(values: Values): RedisConfig {
  const own = credentials(values.STOA_REDIS_USERNAME, values.STOA_REDIS_PASSWORD);
  if (values.STOA_REDIS_CLUSTER) return { kind: 'cluster', ...values.STOA_REDIS_CLUSTER, ...own };
  if (values.STOA_REDIS_SENTINELS) {
    return {
      kind: 'sentinel',
      sentinels: values.STOA_REDIS_SENTINELS.nodes,
      tls: values.STOA_REDIS_SENTINELS.tls,
      master: values.STOA_REDIS_SENTINEL_MASTER ?? '',
      sentinel: credentials(values.STOA_REDIS_SENTINEL_USERNAME, values.STOA_REDIS_SENTINEL_PASSWORD),
      db: values.STOA_REDIS_DB ?? 0,
      ...own,
    };
  }
  return { ...values.STOA_REDIS_URL, ...own, ...(values.STOA_REDIS_DB !== undefined && { db: values.STOA_REDIS_DB }) };
}

function credentials(username: string | undefined, password: string | undefined): RedisCredentials {
  return { ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
}
