import { Module, type DynamicModule } from '@nestjs/common';
import { Catalog } from '#libs/catalog';
import { createFetcher, DirectFetcher, EgressGuard } from '#libs/fetcher';
import { configuredChecksums, Ingest, Room, Scratch, ZipChecker } from '#libs/ingest';
import { Changes, DeclinedJobs, openQueue, RedisLink, Refusals, stamp, type QueueContext } from '#libs/queue';
import type { Storage } from '#libs/storage';
import { Sumdbs } from '#libs/sumdb';
import { Consumers, DownloadConsumer, QueryConsumer } from './consumers.js';
import { createHandlers } from './handlers.js';
import { JobRunner } from './job-runner.js';

/** What the worker's parts are made of. */
export interface WorkerContext extends QueueContext {
  /** As the gateways and the other workers know it. */
  readonly workerId: string;
  readonly storage: Storage;
  readonly scratch: Scratch;
  readonly zips: ZipChecker;
  /** Where the fetchers may connect to. */
  readonly guard: EgressGuard;
  /** Null: this worker has no go command. */
  readonly direct: DirectFetcher | null;
}

/**
 * The worker, composed. The way of a job: 1. a consumer takes it, 2. the runner sets its deadline, 3. its handler
 * looks at storage, 4. the fetcher brings it into a scratch folder, 5. ingest checks and stores it, 6. the gateways
 * are told, 7. the runner keeps a refusal, if it is one, and returns the outcome.
 */
@Module({})
export class WorkerModule {
  static with(context: WorkerContext): DynamicModule {
    const { config, log, metrics, workerId, storage, scratch, zips, guard, direct } = context;
    return {
      module: WorkerModule,
      imports: [openQueue('worker', context)],
      providers: [
        Consumers,
        QueryConsumer,
        DownloadConsumer,
        {
          provide: JobRunner,
          inject: [RedisLink, Refusals, Changes],
          useFactory: (link: RedisLink, refusals: Refusals, changes: Changes) => {
            const { modules, meta } = storage;
            const fetcher = createFetcher(config.go, direct, metrics, { guard, netrcFile: config.vcs.netrcFile });
            const sumdbs = new Sumdbs(config.sumdbs, meta, (...asked) => fetcher.sumdb(...asked));
            const handlers = createHandlers({
              fetcher,
              ingest: new Ingest({
                objects: storage.objects,
                modules,
                meta,
                zips,
                checksums: configuredChecksums(config, sumdbs),
                metrics,
                log,
                stamp: ({ module, version }) => stamp(link, `${module}@${version}`),
                tell: (keys) => changes.purge('purged', keys),
              }),
              modules,
              catalog: new Catalog(modules, meta, config.listTtl),
              changes,
              scratch,
              room: new Room([scratch.root, ...storage.folders]),
              sumdbs,
            });
            const declined = new DeclinedJobs(link, workerId);
            return new JobRunner({ handlers, refusals, declined, config, metrics, log });
          },
        },
      ],
    };
  }
}
