import type { ConnectionOptions, RedisOptions } from 'bullmq';
import { Cluster, Redis } from 'ioredis';
import type { RedisConfig } from '#libs/config';

/**
 * How a connection is used. `command`: a caller waits, so a lost Redis must fail at once instead of filling a buffer.
 * `blocking`: XREAD, BZPOPMIN and subscriptions, which wait for as long as it takes.
 */
export type ConnectionRole = 'command' | 'blocking';

/**
 * How long a command may wait in Redis for something to come, in milliseconds. BullMQ's workers do for as long. An idle
 * process asks anew so often; the longer, the later a worker notices that Redis froze: see SILENCE.
 */
export const LONGEST_BLOCK = 2_000;

/**
 * After this silence to a command a connection is given up and dialled anew, in milliseconds: a server that froze or
 * a network that swallows all never says so, and Sentinel names another one meanwhile. BullMQ gives up what blocks
 * after LONGEST_BLOCK and three seconds by itself, and must not be disturbed in it.
 */
const SILENCE: Readonly<Record<ConnectionRole, number>> = { command: 3_000, blocking: LONGEST_BLOCK + 5_000 };

/** Redis Cluster needs the keys of one queue in one slot; elsewhere the prefix is as configured. */
export function queuePrefix(config: RedisConfig, prefix: string): string {
  return config.kind === 'cluster' ? `{${prefix}}` : prefix;
}

/** The connection options that BullMQ makes its connections from. */
export function bullConnection(config: RedisConfig, role: ConnectionRole): ConnectionOptions {
  return config.kind === 'cluster' ? connectRedis(config, role) : redisOptions(config, role);
}

/** Connects with what the settings say. The caller owns the connection and must listen to its `error` event. */
export function connectRedis(config: RedisConfig, role: ConnectionRole): Redis | Cluster {
  if (config.kind !== 'cluster') return connectServer(redisOptions(config, role));
  return new Cluster([...config.nodes], {
    enableOfflineQueue: role === 'blocking',
    clusterRetryStrategy: reconnectDelay,
    // A connect() whose check finds the cluster in a failover never settles, and BullMQ's consumers wait for it for good.
    enableReadyCheck: false,
    // With TLS the name is what the certificate holds, so it is not looked up before.
    ...(config.tls ? { dnsLookup: (name, found) => found(null, name) } : {}),
    redisOptions: { ...roleOptions(role), ...credentials(config), ...tls(config.tls) },
  });
}

function connectServer(options: RedisOptions): Redis {
  const redis = new Redis(options);
  redis.on('error', (error: Error & { command?: { name: string } }) => {
    // ioredis would go on in database 0, which may be another installation's.
    if (error.command?.name === 'select') redis.disconnect(true);
  });
  return redis;
}

function redisOptions(config: Exclude<RedisConfig, { kind: 'cluster' }>, role: ConnectionRole): RedisOptions {
  const common = { ...roleOptions(role), ...credentials(config), db: config.db, reconnectOnError: onReadOnly(role) };
  switch (config.kind) {
    case 'server':
      return { ...common, host: config.host, port: config.port, ...tls(config.tls) };
    case 'socket':
      return { ...common, path: config.path };
    case 'sentinel':
      return {
        ...common,
        sentinels: [...config.sentinels],
        name: config.master,
        ...(config.sentinel.username ? { sentinelUsername: config.sentinel.username } : {}),
        ...(config.sentinel.password ? { sentinelPassword: config.sentinel.password } : {}),
        sentinelRetryStrategy: reconnectDelay,
        sentinelCommandTimeout: SILENCE.command, // else one that froze is waited for, and the others are never asked
        ...(config.tls ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
      };
  }
}

function roleOptions(role: ConnectionRole): RedisOptions {
  return {
    retryStrategy: reconnectDelay,
    connectTimeout: 5_000,
    socketTimeout: SILENCE[role],
    enableOfflineQueue: role === 'blocking',
    // Of 1 and more ioredis counts the attempts to connect, but ends only what was sent since the last one got through:
    // to a server that takes connections and says nothing, what was under way before would wait for as long as it does.
    maxRetriesPerRequest: role === 'blocking' ? null : 0,
  };
}

/** 50 ms, doubling to 1 s: a failover is noticed soon and a dead server is not hammered. */
function reconnectDelay(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt - 1, 5), 1_000);
}

/**
 * A primary that became a replica answers READONLY, the first word of a Redis error being its code: the name or the
 * Sentinels lead elsewhere by now. Who waits for as long as it takes gets its command sent again there.
 */
function onReadOnly(role: ConnectionRole): (error: Error) => boolean | 1 | 2 {
  return (error) => (!error.message.startsWith('READONLY') ? false : role === 'blocking' ? 2 : 1);
}

function credentials(config: { username?: string; password?: string }): RedisOptions {
  return {
    ...(config.username ? { username: config.username } : {}),
    ...(config.password ? { password: config.password } : {}),
  };
}

function tls(on: boolean): RedisOptions {
  return on ? { tls: {} } : {};
}
