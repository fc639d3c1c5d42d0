import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { GoConfig, VcsCredentials } from '#libs/config';
import { Metrics } from '#libs/observability';
import type { GitHost } from '../../../../test/support/git-host.js';
import { ForwardProxy } from '../../src/guard/forward-proxy.js';
import { DirectFetcher } from '../../src/direct/direct.fetcher.js';
import type { DownloadContext } from '../../src/fetcher.js';
import type { Dial } from '../../src/guard/dial.js';
import { EgressGuard, type Resolve } from '../../src/guard/egress-guard.js';
import { noSuchHost } from '../guard/names.js';

/** A DirectFetcher with a data folder, and what it said and counted. */
export interface DirectSetup {
  readonly fetcher: DirectFetcher;
  readonly dataDir: string;
  readonly metrics: Metrics;
  /** Log lines as JSON. */
  readonly log: string[];
  /** A context with a scratch folder of its own. */
  context(signal?: AbortSignal): Promise<DownloadContext>;
  close(): Promise<void>;
}

/** Settings as they are when nothing is set, but for what reaches the git host. */
export function goConfig(extra: Readonly<Record<string, string>>, changes: Partial<GoConfig> = {}): GoConfig {
  return {
    binary: 'go',
    GOPROXY: 'direct',
    GONOPROXY: '',
    GOPRIVATE: '',
    GOSUMDB: 'sum.example.com',
    GONOSUMDB: '',
    GOINSECURE: '',
    GOVCS: '',
    GOAUTH: '',
    extra,
    inherited: { PATH: process.env['PATH'] ?? '' },
    ...changes,
  };
}

/** What may differ from the settings as they are when nothing is set. */
export interface DirectChanges {
  readonly go?: Partial<GoConfig>;
  readonly vcs?: VcsCredentials;
  /** More of STOA_GO_ENV. */
  readonly extra?: Readonly<Record<string, string>>;
  /** The data folder of another worker. */
  readonly dataDir?: string;
  /** Hosts that may have inner addresses. */
  readonly allow?: readonly string[];
  /** What names this machine knows; none, unless told otherwise. */
  readonly resolve?: Resolve;
  /** How it connects; to the true places, unless told otherwise. */
  readonly dial?: Dial;
  /** Bytes of kept repositories. */
  readonly vcsCache?: number;
}

/** Makes a fetcher that knows no host but this one. */
export async function setUpDirect(
  host: GitHost,
  {
    go = {},
    vcs = {},
    extra = {},
    dataDir: shared,
    allow = [],
    resolve = noSuchHost,
    dial,
    vcsCache = Infinity,
  }: DirectChanges = {},
): Promise<DirectSetup> {
  const folder = await mkdtemp(join(tmpdir(), 'direct-'));
  const dataDir = shared ?? join(folder, 'data dir');
  const metrics = new Metrics();
  const log: string[] = [];
  const config = goConfig({ ...host.env, ...extra }, go);
  const guard = new EgressGuard({ allow, metrics, resolve });
  const proxy = await ForwardProxy.open({
    guard,
    env: { ...config.inherited, ...config.extra },
    ...(dial && { dial }),
  });
  const fetcher = new DirectFetcher({
    go: config,
    vcs,
    dataDir,
    concurrency: 2,
    vcsCache,
    metrics,
    proxy,
    log: (...line) => log.push(JSON.stringify(line)),
  });
  return {
    fetcher,
    dataDir,
    metrics,
    log,
    context: async (signal = new AbortController().signal) => ({
      signal,
      scratch: await mkdtemp(join(folder, 'scratch-')),
    }),
    close: async () => {
      await proxy.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
