import { availableParallelism } from 'node:os';
import type { Config } from '#libs/config';
import type { PlannedFetcher } from '#libs/fetcher';
import { configuredChecksums, Ingest, Room, Scratch, ZipChecker } from '#libs/ingest';
import type { Metrics } from '#libs/observability';
import { RefusalError } from '#libs/protocol';
import { moduleKey } from '#libs/storage';
import { Sumdbs } from '#libs/sumdb';
import type { Administration } from '../administer.js';
import type { Gateways } from './gateways.js';
import { Importer } from './importer.js';
import { ListKeeper } from './list-keeper.js';

/** Bytes of zips that are under way at once: more than the largest has, and than a thousand small ones. */
const ZIPS = 512 << 20;

/** The write side of an import. */
export interface OpenImporter {
  readonly importer: Importer;
  readonly lists: ListKeeper;
  readonly close: () => Promise<void>;
}

/** Composes it of the parts that a worker has, in a scratch folder of its own. */
export async function openImporter(
  { config, log, metrics, storage, stop }: Administration,
  gateways: Gateways,
): Promise<OpenImporter> {
  const { modules, meta } = storage;
  const fetcher = await databaseFetcher(config, metrics);
  const sumdbs = new Sumdbs(config.sumdbs, meta, async (...asked) => {
    if (fetcher !== null) return fetcher.sumdb(...asked);
    throw new RefusalError('upstream', 'no checksum database is asked while STOA_NETWORK_MODE is offline');
  });
  const zips = new ZipChecker(availableParallelism());
  const ingest = new Ingest({
    objects: storage.objects,
    modules,
    meta,
    zips,
    checksums: configuredChecksums(config, sumdbs),
    metrics,
    // What is refused is reported.
    log: log.child({}, { level: 'error' }),
    stamp: gateways.stamp,
    tell: gateways.purged,
  });
  const scratch = new Scratch(config.dataDir);
  await scratch.open();
  const room = new Room([scratch.root, ...storage.folders], { most: ZIPS });
  return {
    importer: new Importer({ ingest, modules, scratch, room, timeout: config.fetchTimeout, stop }),
    lists: new ListKeeper(async (module, versions) => {
      if (await ingest.addToList(module, versions)) await gateways.refreshed(moduleKey({ kind: 'list', module }));
    }),
    close: async () => {
      await zips.close();
      await scratch.close();
      await fetcher?.close();
    },
  };
}

/**
 * What asks the checksum database; null where none is to be asked: to load what fetches, and to read certificates, takes
 * two tenths of a second.
 */
async function databaseFetcher(config: Config, metrics: Metrics): Promise<PlannedFetcher | null> {
  if (config.offline || config.verifyAgainst === null) return null;
  const { createFetcher, EgressGuard } = await import('#libs/fetcher');
  const guard = new EgressGuard({ allow: config.allowPrivateAddresses, metrics });
  return createFetcher(config.go, null, metrics, { guard, netrcFile: config.vcs.netrcFile });
}
