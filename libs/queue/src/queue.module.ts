import { BullModule, getQueueToken } from '@nestjs/bullmq';
import { Module, type DynamicModule } from '@nestjs/common';
import type { Queue } from 'bullmq';
import type { Config } from '#libs/config';
import { type Logger, type Metrics } from '#libs/observability';
import { Changes } from './changes.js';
import { Completions } from './completions.js';
import { bullConnection, queuePrefix } from './connection.js';
import { JobQueue } from './job-queue.js';
import { QUEUES } from './jobs.js';
import { Lookout } from './lookout.js';
import { QueuePulse } from './pulse.js';
import { logAbsence, RedisLink } from './redis-link.js';
import { Refusals } from './refusals.js';

/** Events kept in each stream: minutes of them, so that a reader that was cut off for seconds misses none. */
const EVENTS = 10_000;

/** What the queue needs of its process. */
export interface QueueContext {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** The queues of both sides. Gateways produce and wait; workers consume through WorkerHosts that they start themselves. */
@Module({})
export class QueueModule {
  /** For a gateway: exports JobQueue, Changes, Refusals, QueuePulse, Completions and RedisLink. */
  static gateway({ config, log, metrics }: QueueContext): DynamicModule {
    return {
      module: QueueModule,
      global: true,
      imports: bullImports(config, 'command'),
      providers: [
        ...shared(config, log),
        {
          provide: QueuePulse,
          inject: [RedisLink, ...QUEUES.map(getQueueToken)],
          useFactory: (link: RedisLink, query: Queue, download: Queue) => {
            const pulse = new QueuePulse(link, { query, download }, config.maxWaiting, metrics);
            metrics.sample(() => pulse.sample());
            return pulse;
          },
        },
        {
          provide: Completions,
          inject: QUEUES.map(getQueueToken),
          useFactory: (...queues: Queue[]) =>
            new Completions(
              config.redis,
              queues.map((queue) => queue.toKey('events')),
              log,
            ),
        },
        {
          provide: JobQueue,
          inject: [RedisLink, Refusals, QueuePulse, Completions, ...QUEUES.map(getQueueToken)],
          useFactory: (
            link: RedisLink,
            refusals: Refusals,
            pulse: QueuePulse,
            completions: Completions,
            query: Queue,
            download: Queue,
          ) => {
            for (const queue of [query, download]) logAbsence(queue, log, `the queue ${queue.name}`);
            return new JobQueue({
              queues: { query, download },
              completions,
              lookouts: { query: new Lookout(link, query), download: new Lookout(link, download) },
              refusals,
              pulse,
              metrics,
              patience: config.queuePatience,
            });
          },
        },
      ],
      exports: [JobQueue, Changes, Refusals, QueuePulse, Completions, RedisLink],
    };
  }

  /** For a worker: exports Changes, Refusals and RedisLink; consumers are registered by hand, when all else is ready. */
  static worker({ config, log }: QueueContext): DynamicModule {
    return {
      module: QueueModule,
      global: true,
      imports: bullImports(config, 'blocking'),
      providers: [
        ...shared(config, log),
        {
          // Nest makes the consumers of their options, and nothing else is done with them. What nobody listens to BullMQ
          // writes to stderr, a stack at each attempt to connect; the absence of the server is logged by RedisLink.
          provide: 'listened queues',
          inject: QUEUES.map(getQueueToken),
          useFactory: (...queues: Queue[]) => queues.map((queue) => queue.on('error', () => {})),
        },
      ],
      exports: [Changes, Refusals, RedisLink],
    };
  }
}

function bullImports(config: Config, role: 'command' | 'blocking'): DynamicModule[] {
  return [
    BullModule.forRootAsync({
      useFactory: () => ({
        connection: bullConnection(config.redis, role),
        prefix: queuePrefix(config.redis, config.queuePrefix),
      }),
      extraOptions: { manualRegistration: true },
    }),
    // A gateway's connection fails at once, so a loss while BullMQ asks for the version would leave the queue dead.
    ...QUEUES.map((name) =>
      BullModule.registerQueue({
        name,
        streams: { events: { maxLen: EVENTS } },
        skipVersionCheck: role === 'command',
      }),
    ),
  ];
}

function shared(config: Config, log: Logger): NonNullable<DynamicModule['providers']> {
  return [
    { provide: RedisLink, useFactory: () => new RedisLink(config.redis, config.queuePrefix, log) },
    { provide: Refusals, inject: [RedisLink], useFactory: (link: RedisLink) => new Refusals(link, config) },
    { provide: Changes, inject: [RedisLink], useFactory: (link: RedisLink) => new Changes(link, log) },
  ];
}
