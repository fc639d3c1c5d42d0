import { join } from 'node:path';
import { loadConfig, type Environment, type GoDefaults, type ListenAddress } from '#libs/config';
import { withGoDefaults } from './go-defaults.js';
import type { Listener } from './free-listeners.js';

/** What a standalone is going to run, from the settings that the user gave. */
export interface StandalonePlan {
  readonly dataDir: string;
  /** Milliseconds that the apps have to finish their work. */
  readonly grace: number;
  /** Whether the user named no Redis. */
  readonly privateRedis: boolean;
  readonly redisFolder: string;
  readonly listeners: readonly Listener[];
  /** Variables for each app, without those of a private Redis. */
  readonly gatewayEnv: Environment;
  readonly workerEnv: Environment;
}

/**
 * Reads the settings of both apps as the apps will. Where the user moves STOA_OPS_LISTEN, the worker takes the port
 * after it, as in the defaults: one machine can't have both at one address. Throws ConfigError.
 */
export function planStandalone(env: Environment, goDefaults: GoDefaults): StandalonePlan {
  const gateway = loadConfig('api', env, goDefaults).config;
  const workerEnv = env['STOA_OPS_LISTEN'] ? { ...env, STOA_OPS_LISTEN: addressText(next(gateway.opsListen)) } : env;
  const worker = loadConfig('worker', workerEnv, goDefaults).config;
  return {
    dataDir: gateway.dataDir,
    grace: gateway.shutdownGrace,
    privateRedis: !namesRedis(env),
    redisFolder: join(gateway.dataDir, 'redis'),
    listeners: [
      { of: 'the gateway', setting: 'STOA_LISTEN', address: gateway.listen },
      { of: "the gateway's metrics", setting: 'STOA_OPS_LISTEN', address: gateway.opsListen },
      { of: "the worker's metrics", setting: 'STOA_OPS_LISTEN', address: worker.opsListen },
    ],
    gatewayEnv: withGoDefaults(env, goDefaults),
    workerEnv: withGoDefaults(workerEnv, goDefaults),
  };
}

/** Whether the user names a Redis. */
export function namesRedis(env: Environment): boolean {
  return ['STOA_REDIS_URL', 'STOA_REDIS_URL_FILE', 'STOA_REDIS_SENTINELS', 'STOA_REDIS_CLUSTER'].some(
    (name) => env[name],
  );
}

function next(address: ListenAddress): ListenAddress {
  if ('socket' in address) return { socket: `${address.socket}.worker` };
  return { host: address.host, port: address.port === 0 ? 0 : address.port + 1 };
}

function addressText(address: ListenAddress): string {
  if ('socket' in address) return `unix:${address.socket}`;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}
