import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { Config } from '#libs/config';
import { NestLog, within, type Logger, type Metrics } from '#libs/observability';
import type { ModuleVersion } from '#libs/protocol';
import { Changes, Completions, JobQueue, openQueue, patiently, QueuePulse, RedisLink } from '#libs/queue';
import { ExpectedFailure } from './expected-failure.js';

/** How long Redis and a worker are waited for, in milliseconds. */
const PATIENCE = 5_000;
/** How long connections have to close, in milliseconds. */
const CLOSING = 2_000;

/** The workers and gateways of a Stoa, as a command reaches them. */
export interface Reached {
  readonly changes: Changes;
  /** Lets the workers fetch what is not stored of a version. Gives why it could not be had, or null. */
  fetch(job: 'fetch.mod' | 'fetch.zip', version: ModuleVersion): Promise<string | null>;
  close(): Promise<void>;
}

/** Reaches them through Redis. Throws ExpectedFailure when that does not answer, or no worker runs. */
export async function reachWorkers(config: Config, log: Logger, metrics: Metrics): Promise<Reached> {
  // With a connection of its own: the queues' never end when there was no Redis at all.
  const probe = new RedisLink(config.redis, config.queuePrefix, log);
  await patiently(PATIENCE, () => probe.check())
    .catch(refuse)
    .finally(() => probe.close());

  const app = await NestFactory.createApplicationContext(openQueue('gateway', { config, log, metrics }), {
    logger: new NestLog(log),
    abortOnError: false,
  });
  const end = async (): Promise<void> => {
    app.get(Completions).close();
    await app.close();
    app.get(RedisLink).close();
  };
  // What waits for a Redis that is lost ends with the process.
  const close = (): Promise<void> => within(CLOSING, end(), () => {});
  await patiently(PATIENCE, () => app.get(QueuePulse).admit()).catch(async (error: unknown) => {
    await close();
    refuse(error);
  });
  const queue = app.get(JobQueue);
  return {
    changes: app.get(Changes),
    fetch: async (name, payload) => {
      // What is stored says nothing here: a job may be there to complete it.
      const options = { requestId: 'verify', wait: config.fetchTimeout, stored: () => Promise.resolve(false) };
      const [answer] = await queue.runAnew(payload.module, [{ name, payload }], options);
      return answer!.outcome.ok ? null : answer!.outcome.message;
    },
    close,
  };
}

function refuse(error: unknown): never {
  const why = error instanceof Error ? error.message : String(error);
  throw new ExpectedFailure(`repairs need a Redis and a worker that run: ${why}`, { cause: error });
}
