import type { EventEmitter } from 'node:events';
import type { Cluster, Redis } from 'ioredis';
import type { RedisConfig } from '#libs/config';
import type { Logger } from '#libs/observability';
import { connectRedis } from './connection.js';
import { patiently } from './patience.js';

/** How often the subscriber shows that its connection lives, in milliseconds: it has nothing else to ask. */
const BEAT = 5_000;
/** How long an answer is waited for by one who can do without, in milliseconds: a process that starts is busy itself. */
const LOOK = 5_000;

/** The process' own connections to Redis, beside those of BullMQ: commands, and a subscriber. */
export class RedisLink {
  readonly commands: Redis | Cluster;
  readonly subscriber: Redis | Cluster;
  private readonly beat: NodeJS.Timeout;

  constructor(
    config: RedisConfig,
    readonly prefix: string,
    log: Logger,
  ) {
    this.commands = connectRedis(config, 'command');
    this.subscriber = connectRedis(config, 'blocking');
    logAbsence(this.commands, log, 'Redis');
    this.subscriber.on('error', () => {}); // The same server: its absence is logged once, by the other connection.
    this.beat = setInterval(() => {
      if (this.subscriber.status === 'ready') this.subscriber.ping().catch(() => {});
    }, BEAT).unref();
  }

  /** Throws when Redis does not answer. */
  async check(): Promise<void> {
    try {
      await this.commands.ping();
    } catch {
      throw new Error('Redis does not answer');
    }
  }

  /** Tells whether Redis answers within five seconds; that it does not as soon as a connection fails. */
  async answers(): Promise<boolean> {
    const failed = new Promise<boolean>((resolve) => this.commands.once('error', () => resolve(false)));
    const answered = patiently(LOOK, () => this.check()).then(
      () => true,
      () => false,
    );
    return Promise.race([failed, answered]);
  }

  close(): void {
    clearInterval(this.beat);
    this.commands.disconnect();
    this.subscriber.disconnect();
  }
}

/** Logs that a connection is lost, and that it is back: once each, not at every attempt. */
export function logAbsence(connection: EventEmitter, log: Logger, name: string): void {
  let away = false;
  connection.on('error', (error: Error) => {
    if (!away) log.warn({ reason: error.message }, `${name} is away`);
    away = true;
  });
  connection.on('ready', () => {
    if (away) log.info(`${name} is back`);
    away = false;
  });
}
