import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Catalog } from '#libs/catalog';
import type { GoConfig } from '#libs/config';
import { createFetcher, EgressGuard } from '#libs/fetcher';
import {
  createFindChecksums,
  Ingest,
  Room,
  Scratch,
  ZipChecker,
  type ChecksumDatabase,
  type FreeBytes,
} from '#libs/ingest';
import { Metrics } from '#libs/observability';
import type { Change } from '#libs/queue';
import {
  FsObjectStore,
  ObjectMetaStore,
  ObjectModuleStore,
  putInTurn,
  readBody,
  type ObjectStore,
  type SmallPut,
} from '#libs/storage';
import { Sumdbs } from '#libs/sumdb';
import { startUpstream, type FakeUpstream } from '../../../test/support/upstream.js';
import type { Handlers, JobContext } from '../src/handler.js';
import { createHandlers } from '../src/handlers.js';

export const CONTEXT: JobContext = { signal: new AbortController().signal, deadline: Infinity, requestId: 'test' };

const SECOND = 1_000_000_000n;

/** Workers over one storage of files and one upstream, without a queue: a test runs their handlers in its own order. */
export interface Working {
  readonly upstream: FakeUpstream;
  readonly objects: ObjectStore;
  readonly metrics: Metrics;
  /** The unfinished files of all workers. */
  readonly scratch: Scratch;
  /** The keys that gateways were told of. */
  readonly told: string[];
  /** A worker, over the storage or over what stands before it. */
  worker(store?: ObjectStore, database?: ChecksumDatabase | null): Handlers;
  /** Lets the shared clock go on by a second: until then all stamp the same time. */
  later(): void;
  keys(prefix: string): Promise<string[]>;
  read(key: string): Promise<string | null>;
  close(): Promise<void>;
}

export interface WorkingOptions {
  /** Covers all modules but those of `*.private.example`. */
  readonly database?: ChecksumDatabase | null;
  /** Free bytes of the scratch space, as the worker is told. */
  readonly free?: FreeBytes;
  /** Where scratch space and storage are. */
  readonly parent?: string;
}

/** Starts storage and upstream. */
export async function startWorking({ database: covering = null, free, parent }: WorkingOptions = {}): Promise<Working> {
  const folder = await mkdtemp(join(parent ?? tmpdir(), 'stoa-worker-'));
  const upstream = await startUpstream();
  const zips = new ZipChecker(1);
  const scratch = new Scratch(join(folder, 'data'));
  await scratch.open();
  const objects = new FsObjectStore({ root: join(folder, 'storage') });
  await objects.open();
  const told: string[] = [];
  const metrics = new Metrics();
  let time = SECOND;

  return {
    upstream,
    objects,
    metrics,
    scratch,
    told,
    worker(store = objects, verifyAgainst = covering) {
      const [modules, meta] = [new ObjectModuleStore(store), new ObjectMetaStore(store)];
      const guard = new EgressGuard({ allow: [], metrics });
      const fetcher = createFetcher(goConfig(upstream.url), null, metrics, { guard });
      return createHandlers({
        fetcher,
        ingest: new Ingest({
          objects: store,
          modules,
          meta,
          zips,
          checksums: verifyAgainst && createFindChecksums(verifyAgainst, '*.private.example'),
          metrics,
          log: pino({ level: 'silent' }),
          stamp: () => Promise.resolve(time),
          tell: async (keys) => void told.push(...keys),
        }),
        modules,
        catalog: new Catalog(modules, meta, 60_000),
        changes: { publish: async ({ keys }: Change) => void told.push(...keys) },
        scratch,
        room: new Room([scratch.root], { free }),
        sumdbs: new Sumdbs([], meta, (database, path, asked) => fetcher.sumdb(database, path, asked)),
      });
    },
    later() {
      time += SECOND;
    },
    async keys(prefix) {
      const found: string[] = [];
      for await (const { key } of objects.list(prefix)) found.push(key);
      return found;
    },
    async read(key) {
      const found = await objects.get(key);
      return found && (await readBody(found.body)).toString('utf8');
    },
    async close() {
      await upstream.close();
      await zips.close();
      await scratch.close();
      await objects.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A store before another one whose puts of such keys fail: whoever uses it dies there. */
export function dyingAt(inner: ObjectStore, keys: RegExp): ObjectStore {
  const put: ObjectStore['put'] = async (key, ...rest) => {
    if (keys.test(key)) throw new Error('died');
    return inner.put(key, ...rest);
  };
  const own = { put, putInTurn: (objects: readonly SmallPut[]) => putInTurn({ put }, objects) };
  return new Proxy(inner, {
    get(store, name: keyof ObjectStore) {
      if (name === 'put' || name === 'putInTurn') return own[name];
      const value: unknown = store[name];
      return typeof value === 'function' ? (value.bind(store) as unknown) : value;
    },
  });
}

function goConfig(GOPROXY: string): GoConfig {
  return {
    binary: 'go',
    GOPROXY,
    GONOPROXY: '',
    GOPRIVATE: '',
    GOSUMDB: 'off',
    GONOSUMDB: '',
    GOINSECURE: '',
    GOVCS: '',
    GOAUTH: '',
    extra: {},
    inherited: {},
  };
}
