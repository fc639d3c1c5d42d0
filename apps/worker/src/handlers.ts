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
  /** When the stored answer to a request was made, in milliseconds since the epoch; null: there is none. */
  const lastStored = async (request: ModuleRequest): Promise<number | null> => {
    const last = request.kind === 'query' ? (await catalog.find(request))?.stat : await modules.stat(request);
    return last?.modified.getTime() ?? null;
  };
  /**
   * Asks for an answer that changes, stores it and tells the gateways; not when one was stored after the one that the
   * asker knew, nor over one that was stored meanwhile: what a worker was told before it was stopped is old by then.
   */
  const renew = async <T>(
    request: ModuleRequest,
    seen: number | undefined,
    ask: () => Promise<T>,
    store: (answer: T) => Promise<void>,
  ): Promise<void> => {
    const before = await lastStored(request);
    if ((before ?? 0) > (seen ?? Infinity)) return;
    const answer = await ask();
    const now = await lastStored(request);
    if (now !== null && now !== before) return;
    await store(answer);
    const key = request.kind === 'query' ? queryKey(request.module, request.query) : moduleKey(request);
    await changes.publish({ reason: 'refreshed', keys: [key] });
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
      const started = performance.now();
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
      const kept = async () => {
        const versions = await modules.versions(module);
        return versions.length > 0 ? versions : null;
      };
      const ask = () => orElse(fetcher.list(module, context), file, kept);
      await renew(file, seen, ask, (versions) => ingest.storeList(module, versions));
    },
    'query.latest': async ({ module, seen }, context) => {
      const file = { kind: 'latest', module } as const;
      const kept = async () => {
        const found = await catalog.storedLatest(module);
        return found?.body ? { bytes: await readBody(found.body), source: 'storage' } : null;
      };
      const ask = () => orElse(fetcher.latest(module, context), file, kept);
      await renew(file, seen, ask, (latest) => ingest.storeLatest(module, latest));
    },
    'query.revision': async ({ module, query, seen }, context) => {
      const ask = () => fetcher.resolve(module, query, context);
      await renew({ kind: 'query', module, query }, seen, ask, (found) => ingest.storeResolution(module, query, found));
    },
    'sumdb.lookup': sumdb,
    'sumdb.tile': sumdb,
    'sumdb.latest': sumdb,
  };
}
