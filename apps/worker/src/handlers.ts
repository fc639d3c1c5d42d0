import type { PlannedFetcher } from '#libs/fetcher';
import type { Ingest, Scratch } from '#libs/ingest';
import { RefusalError, type ModuleFile, type ModuleVersion } from '#libs/protocol';
import type { Changes, SumdbPath } from '#libs/queue';
import { moduleKey, queryKey, type ModuleStore } from '#libs/storage';
import type { SumdbArchive } from '#libs/sumdb';
import type { SumdbConfig } from '#libs/config';
import type { Handlers, JobContext } from './handler.js';

interface Parts {
  readonly fetcher: PlannedFetcher;
  readonly ingest: Ingest;
  readonly modules: ModuleStore;
  readonly archive: SumdbArchive;
  readonly changes: Changes;
  readonly scratch: Scratch;
  readonly sumdbs: readonly SumdbConfig[];
}

/** What each job does: look at storage (another run may have been first), fetch, store, tell the gateways. */
export function createHandlers({ fetcher, ingest, modules, archive, changes, scratch, sumdbs }: Parts): Handlers {
  const stored = async (file: ModuleFile): Promise<boolean> => (await modules.stat(file)) !== null;
  const refreshed = (key: string): Promise<void> => changes.publish({ reason: 'refreshed', keys: [key] });
  const sumdb = async ({ name, path }: SumdbPath, { signal }: JobContext): Promise<void> => {
    const database = sumdbs.find((one) => one.name === name);
    if (!database) throw new RefusalError('not-found', `${name}: this checksum database is not proxied here`);
    await archive.save(name, path, (await fetcher.sumdb(database, path, { signal })).bytes);
  };

  return {
    'fetch.mod': async (version, { signal }) => {
      if (await stored({ kind: 'info', ...version })) return; // and so its .mod, which is stored first
      // Both at once: a client asks for both. A source may have a .mod without an .info; the .mod is of use alone.
      const [mod, info] = await Promise.allSettled([
        fetcher.mod(version, { signal }),
        fetcher.info(version, { signal }),
      ]);
      if (mod.status === 'rejected') throw mod.reason;
      await ingest.storeMod(version, mod.value);
      if (info.status === 'rejected') throw info.reason;
      await ingest.storeInfo(version, info.value);
    },
    'fetch.zip': async (version: ModuleVersion, { signal }) => {
      const started = Date.now();
      if (await stored({ kind: 'zip', ...version })) return;
      await scratch.use(async (folder) => {
        await ingest.storeZip(version, await fetcher.zip(version, { signal, scratch: folder }), started, signal);
      });
    },
    'query.list': async ({ module }, { signal }) => {
      await ingest.storeList(module, await fetcher.list(module, { signal }));
      await refreshed(moduleKey({ kind: 'list', module }));
    },
    'query.latest': async ({ module }, { signal }) => {
      await ingest.storeLatest(module, await fetcher.latest(module, { signal }));
      await refreshed(moduleKey({ kind: 'latest', module }));
    },
    'query.revision': async ({ module, query }, { signal }) => {
      await ingest.storeResolution(module, query, await fetcher.resolve(module, query, { signal }));
      await refreshed(queryKey(module, query));
    },
    'sumdb.lookup': sumdb,
    'sumdb.tile': sumdb,
    'sumdb.latest': sumdb,
  };
}
