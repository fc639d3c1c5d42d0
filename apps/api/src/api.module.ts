import { Module, type DynamicModule } from '@nestjs/common';
import { Catalog } from '#libs/catalog';
import { JobQueue, openQueue, type QueueContext } from '#libs/queue';
import type { Storage } from '#libs/storage';
import { SumdbArchive } from '#libs/sumdb';
import { DeletedVersions } from './deleted-versions.js';
import { HomeController } from './home.controller.js';
import { ProxyService } from './proxy.service.js';
import { SumdbService } from './sumdb.service.js';
import { BASE_PATH } from './tokens.js';

/** What the gateway's parts are made of. */
export interface ApiContext extends QueueContext {
  readonly storage: Storage;
}

/**
 * The gateway, composed. The way of a request: 1. the raw URL is parsed (or refused), 2. the catalog looks into
 * storage: a fresh hit is streamed and nothing else happens, 3. a miss, or what has grown old, runs or joins a job,
 * 4. the catalog looks again: the truth is in storage, 5. the reply is written.
 */
@Module({})
export class ApiModule {
  static with(context: ApiContext): DynamicModule {
    const { config, metrics, storage } = context;
    return {
      module: ApiModule,
      imports: [openQueue('gateway', context)],
      controllers: [HomeController],
      providers: [
        { provide: BASE_PATH, useValue: config.basePath },
        { provide: DeletedVersions, useValue: new DeletedVersions() },
        {
          provide: ProxyService,
          inject: [JobQueue, DeletedVersions],
          useFactory: (queue: JobQueue, deleted: DeletedVersions) =>
            new ProxyService(
              new Catalog(storage.modules, storage.meta, config.listTtl),
              queue,
              config,
              metrics,
              deleted,
            ),
        },
        {
          provide: SumdbService,
          inject: [JobQueue],
          useFactory: (queue: JobQueue) =>
            new SumdbService(new SumdbArchive(storage.meta, config.listTtl, config.sumdbs), queue, config, metrics),
        },
      ],
    };
  }
}
