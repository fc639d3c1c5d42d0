import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { VersionCatalog, VersionIndex } from '#libs/catalog';
import type { LoadedConfig } from '#libs/config';
import {
  createLogger,
  createOpsServer,
  Health,
  listen,
  Metrics,
  NestLog,
  stopOnSignal,
  tellReady,
} from '#libs/observability';
import { Changes, Completions, JobQueue, QueuePulse, RedisLink, redisTime, Refusals } from '#libs/queue';
import { openStorage } from '#libs/storage';
import { ApiModule } from './api.module.js';
import { DeletedVersions } from './deleted-versions.js';
import { Drain } from './drain.js';
import { FastPath } from './fast-path.js';
import { MemoryHits } from './memory-hits.js';
import { ProxyService } from './proxy.service.js';
import { registerRefresh } from './refresh.routes.js';
import { RefreshService } from './refresh.service.js';
import { answerObserver } from './request-context.js';
import { createAdapter, registerRoutes } from './server.js';
import { SumdbService } from './sumdb.service.js';

/** Runs a gateway until it is told to stop. Throws when it can't start; a lost Redis is no reason: hits go on. */
export async function runApi({ config, warnings }: LoadedConfig): Promise<void> {
  const log = await createLogger(config, 'gateway');
  for (const warning of warnings) log.warn(warning);
  const metrics = new Metrics();
  const storage = await openStorage(config, metrics, { tiers: { log } });

  const { basePath } = config;
  const observe = answerObserver(log, metrics);
  const adapter = createAdapter({ basePath });
  const fastPath = new FastPath({ hits: new MemoryHits(storage.held, basePath), metrics, observe });
  fastPath.attach(adapter.getHttpServer());
  const app = await NestFactory.create<NestFastifyApplication>(
    ApiModule.with({ config, log, metrics, storage }),
    adapter,
    {
      logger: new NestLog(log),
      abortOnError: false,
    },
  );
  app.setGlobalPrefix(basePath);
  const link = app.get(RedisLink);
  const pulse = app.get(QueuePulse);
  const health = new Health({
    storage: { critical: true, check: () => storage.objects.check() },
    redis: { critical: false, check: () => link.check() },
    workers: { critical: false, check: () => pulse.check() },
  });
  const server = adapter.getInstance();
  const drain = new Drain(server, { health, log, dismiss: () => app.get(JobQueue).dismiss() });
  registerRoutes(server, {
    config,
    log,
    observe,
    health,
    proxy: app.get(ProxyService),
    link: storage.link,
    sumdb: app.get(SumdbService),
    index: new VersionIndex(storage.meta, () => redisTime(link)),
    catalog: new VersionCatalog(storage.meta),
  });
  await app.init();

  const refusals = app.get(Refusals);
  const changes = app.get(Changes);
  const deleted = app.get(DeletedVersions);
  changes.subscribe(
    ({ reason, keys }) => {
      for (const key of keys) storage.forget(key);
      if (reason === 'deleted') deleted.add(keys);
      refusals.forget();
      if (reason !== 'refreshed') log.info({ reason, keys }, 'forgotten');
    },
    () => {
      storage.mistrust();
      refusals.forget();
    },
  );
  const ops = await createOpsServer(metrics, health);
  const refresh = new RefreshService({ storage, queue: app.get(JobQueue), changes, config });
  await registerRefresh(ops, { refresh, log });
  const opsUrl = await listen(ops, config.opsListen);
  const url = await listen(server, config.listen);
  log.info({ url: `${url}${basePath}`, ops: opsUrl, storage: config.storage.kind, offline: config.offline }, 'serving');
  tellReady({ url: `${url}${basePath}`, ops: opsUrl });

  stopOnSignal({
    log,
    grace: config.shutdownGrace,
    // Clients first, then what they use.
    stop: async () => {
      fastPath.stop();
      await drain.end(config.shutdownGrace);
      app.get(Completions).close();
      await app.close();
      await storage.objects.close();
      link.close();
      await ops.close();
    },
  });
}
