import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { availableParallelism, hostname } from 'node:os';
import { NestFactory } from '@nestjs/core';
import type { LoadedConfig } from '#libs/config';
import { DirectFetcher, EgressGuard, ForwardProxy } from '#libs/fetcher';
import { Scratch, ZipChecker } from '#libs/ingest';
import {
  createLogger,
  createOpsServer,
  Health,
  listen,
  Metrics,
  NestLog,
  stopOnSignal,
  tellReady,
  within,
} from '#libs/observability';
import { RedisLink, WorkerPulse } from '#libs/queue';
import { openStorage } from '#libs/storage';
import { Consumers } from './consumers.js';
import { WorkerModule } from './worker.module.js';

/** How long the connections to Redis may take to end, in milliseconds. */
const GOODBYE = 1_000;

/** Runs a worker until it is told to stop. Throws when it can't start. */
export async function runWorker({ config, warnings }: LoadedConfig): Promise<void> {
  const log = await createLogger(config, 'worker');
  for (const warning of warnings) log.warn(warning);
  const metrics = new Metrics();
  // Without tiers: a worker must see what is stored, not what once was.
  const storage = await openStorage(config, metrics, { writes: true });
  const scratch = new Scratch(config.dataDir);
  await scratch.open();
  const zips = new ZipChecker(Math.min(2, availableParallelism()));
  zips.open();
  const guard = new EgressGuard({
    allow: config.allowPrivateAddresses,
    metrics,
    log: (message, fields) => log.warn(fields, message),
  });
  const proxy = await ForwardProxy.open({ guard, env: { ...config.go.inherited, ...config.go.extra } });
  const direct = new DirectFetcher({
    go: config.go,
    vcs: config.vcs,
    dataDir: config.dataDir,
    concurrency: config.goConcurrency,
    vcsCache: config.vcsCache,
    metrics,
    proxy,
    log: (level, message, fields) => log[level](fields, message),
  });
  const goVersion = await direct.available(AbortSignal.timeout(config.queryTimeout));
  if (goVersion === null) log.warn(`${config.go.binary}: no go command here; what needs direct is refused`);

  const workerId = `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`;
  const app = await NestFactory.createApplicationContext(
    WorkerModule.with({
      config,
      log,
      metrics,
      workerId,
      storage,
      scratch,
      zips,
      guard,
      direct: goVersion === null ? null : direct,
    }),
    { logger: new NestLog(log), abortOnError: false },
  );
  const link = app.get(RedisLink);
  const pulse = new WorkerPulse(link, workerId);
  const consumers = app.get(Consumers);
  const health = new Health({
    redis: { critical: true, check: () => link.check() },
    storage: { critical: true, check: () => storage.objects.check() },
    go: {
      critical: false,
      check: async () =>
        goVersion === null ? Promise.reject(new Error('no go command: direct is refused')) : undefined,
    },
  });
  const ops = await createOpsServer(metrics, health);
  const opsUrl = await listen(ops, config.opsListen);

  stopOnSignal({
    log,
    grace: config.shutdownGrace,
    // Jobs first, then what they use.
    stop: async () => {
      health.drain();
      await pulse.stop();
      if (!(await consumers.stop(config.shutdownGrace)))
        log.warn('jobs are left as they are: other workers have them when their locks have run out');
      // It says goodbye to Redis, which may be away.
      await within(GOODBYE, app.close(), () => {});
      await proxy.close();
      await zips.close();
      await scratch.close();
      await storage.objects.close();
      link.close();
      await ops.close();
    },
  });
  // The first sign that Redis takes shows that this is the database that is meant: no job of another's is taken before.
  await pulse.start();
  consumers.start(config, log);
  log.info(
    { go: goVersion, download: config.downloadConcurrency, query: config.queryConcurrency, ops: opsUrl },
    'taking jobs',
  );
  tellReady({ ops: opsUrl });
}
