import type { Catalog } from '#libs/catalog';
import type { PlannedFetcher } from '#libs/fetcher';
import type { Ingest, Room, Scratch } from '#libs/ingest';
import { RefusalError, type ModuleFile, type ModuleRequest, type ModuleVersion } from '#libs/protocol';
import type { Changes, SumdbPath } from '#libs/queue';
import { moduleKey, queryKey, readBody, type ModuleStore } from '#libs/storage';
import type { Sumdbs } from '#libs/sumdb';
import type { Handlers, JobContext } from './handler.js';

interface Parts {
  readonly fetcher: PlannedFetcher;
  readonly ingest: Ingest;
  readonly modules: ModuleStore;
  readonly catalog: Catalog;
  readonly changes: Pick<Changes, 'publish'>;
  readonly scratch: Scratch;
  readonly room: Room;
  readonly sumdbs: Sumdbs;
}

/** What each job does: look at storage (another run may have been first), fetch, store, tell the gateways. */
export function createHandlers(parts: Parts): Handlers {
  const { fetcher, ingest, modules, catalog, changes, scratch, room, sumdbs } = parts;
  const stored = async (file: ModuleFile): Promise<boolean> => (await modules.stat(file)) !== null;
  const refreshed = (key: string): Promise<void> => changes.publish({ reason: 'refreshed', keys: [key] });
  /** Whether an answer was stored after the one that the asker knew. */
  const renewed = async (request: ModuleRequest, seen = Infinity): Promise<boolean> => {
    const last = request.kind === 'query' ? (await catalog.find(request))?.stat : await modules.stat(request);
    return last ? last.modified.getTime() > seen : false;
  };
  /** Answers from what is stored when the sources have forgotten a module, unless there is a last answer to go on with. */
  const orElse = async <T>(fetched: Promise<T>, file: ModuleFile, kept: () => Promise<T | null>): Promise<T> => {
    try {
      return await fetched;
    } catch (error) {
      const forgotten = error instanceof RefusalError && error.kind === 'not-found' && !(await stored(file));
      const answer = forgotten ? await kept() : null;
      if (answer === null) throw error;
      return answer;
    }
  };
  const sumdb = ({ name, path }: SumdbPath, { signal }: JobContext): Promise<void> => sumdbs.keep(name, path, signal);

  return {
    'fetch.mod': async (version, context) => {
      const { signal } = context;
      if ((await stored({ kind: 'info', ...version })) && (await stored({ kind: 'mod', ...version })))
        return ingest.complete(version, scratch, signal);
      // Looked up meanwhile, awaited by the first that is stored.
      const expected = ingest.expect(version, signal);
      // Both at once: a client asks for both. A source may have a .mod without an .info; the .mod is of use alone.
      const [mod, info] = await Promise.allSettled([fetcher.mod(version, context), fetcher.info(version, context)]);
      if (mod.status === 'rejected') throw mod.reason;
      await ingest.storeMod(version, mod.value, info.status === 'fulfilled' ? info.value : null, expected);
      if (info.status === 'rejected') throw info.reason;
      await ingest.complete(version, scratch, signal, expected);
    },
    'fetch.zip': async (version: ModuleVersion, context) => {
      const { signal } = context;
      const started = Date.now();
      if (await stored({ kind: 'zip', ...version })) return ingest.complete(version, scratch, signal);
      const expected = ingest.expect(version, signal);
      const isOurs = await room.use(() =>
        scratch.use(async (folder) => {
          const fetched = await fetcher.zip(version, { ...context, scratch: folder });
          return ingest.storeZip(version, fetched, expected, started, signal);
        }),
      );
      if (!isOurs) await ingest.complete(version, scratch, signal, expected);
    },
    'query.list': async ({ module, seen }, context) => {
      const file = { kind: 'list', module } as const;
      if (await renewed(file, seen)) return;
      const versions = await orElse(fetcher.list(module, context), file, async () => {
        const kept = await modules.versions(module);
        return kept.length > 0 ? kept : null;
      });
      await ingest.storeList(module, versions);
      await refreshed(moduleKey(file));
    },
    'query.latest': async ({ module, seen }, context) => {
      const file = { kind: 'latest', module } as const;
      if (await renewed(file, seen)) return;
      const latest = await orElse(fetcher.latest(module, context), file, async () => {
        const kept = await catalog.storedLatest(module);
        return kept?.body ? { bytes: await readBody(kept.body), source: 'storage' } : null;
      });
      await ingest.storeLatest(module, latest);
      await refreshed(moduleKey(file));
    },
    'query.revision': async ({ module, query, seen }, context) => {
      if (await renewed({ kind: 'query', module, query }, seen)) return;
      await ingest.storeResolution(module, query, await fetcher.resolve(module, query, context));
      await refreshed(queryKey(module, query));
    },
    'sumdb.lookup': sumdb,
    'sumdb.tile': sumdb,
    'sumdb.latest': sumdb,
  };
}
