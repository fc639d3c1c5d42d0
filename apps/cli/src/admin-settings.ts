import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, type Environment, type LoadedConfig } from '#libs/config';
import { readGoDefaults } from './go-defaults.js';
import { privateRedisUrl } from './private-redis.js';
import { lives } from './process-identity.js';
import { parseRunRecord } from './run-record.js';
import { namesRedis } from './standalone-plan.js';

/**
 * Reads the settings of a command that looks after the storage: a worker's, with the private Redis of a standalone
 * that runs in the same data dir where the user names none. Throws ConfigError.
 */
export async function loadAdminSettings(env: Environment): Promise<LoadedConfig> {
  const defaults = await readGoDefaults(env);
  const loaded = loadConfig('worker', env, defaults);
  const socketFolder = namesRedis(env) ? null : standaloneSocket(loaded.config.dataDir);
  return socketFolder === null
    ? loaded
    : loadConfig('worker', { ...env, STOA_REDIS_URL: privateRedisUrl(socketFolder) }, defaults);
}

/** The folder of the socket of the private Redis of a standalone that runs; null when none runs. */
function standaloneSocket(dataDir: string): string | null {
  let text;
  try {
    text = readFileSync(join(dataDir, 'standalone.json'), 'utf8');
  } catch {
    return null; // Not ours to read, or not there: then STOA_REDIS_URL counts.
  }
  const record = parseRunRecord(text);
  return record?.socketFolder !== undefined && lives(record.supervisor) ? record.socketFolder : null;
}
