import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { GoConfig } from '#libs/config';
import type { Metrics } from '#libs/observability';
import type { Fetcher } from './fetcher.js';
import type { EgressGuard } from './guard/egress-guard.js';
import { PlannedFetcher, type PlannedSource } from './plan/planned-fetcher.js';
import { parseProxyList } from './plan/proxy-list.js';
import { SumdbRoute } from './plan/sumdb-route.js';
import { FileTree } from './upstream/file-tree.js';
import { HttpClient } from './upstream/http-client.js';
import { basicAuth, HttpTree } from './upstream/http-tree.js';
import { impatient, UPSTREAM_LIMITS, type UpstreamLimits } from './upstream/limits.js';
import { netrcEntryFor, parseNetrc } from './upstream/netrc.js';
import { UpstreamFetcher } from './upstream/upstream-fetcher.js';

/** What a fetcher may be built with besides Go's settings. */
export interface FetcherOptions {
  /** Says where connections may lead, the named ones apart. */
  readonly guard: EgressGuard;
  readonly limits?: UpstreamLimits;
  /** Credentials of https upstreams. */
  readonly netrcFile?: string | undefined;
}

/**
 * Builds the fetcher that Go's settings describe. `direct` is the go command's, or null where there is none. The hosts
 * that the settings name are asked whatever their address; where they lead to is checked by the guard.
 * Throws an Error of one line, `GOPROXY: ...`, `HTTPS_PROXY: ...` and the like, when a setting is bad.
 */
export function createFetcher(
  go: GoConfig,
  direct: Fetcher | null,
  metrics: Metrics,
  { guard, limits = UPSTREAM_LIMITS, netrcFile }: FetcherOptions,
): PlannedFetcher {
  const entries = parseProxyList(go.GOPROXY);
  const named = guard.fork();
  // STOA_GO_ENV wins over the process environment.
  const client = new HttpClient({ ...go.inherited, ...go.extra }, limits, named);
  const authorizationFor = netrcAuthorization(go, netrcFile);

  /** `place` names an upstream in a metric: its host is nobody's business. */
  const upstream = (url: URL, kind: 'proxy' | 'sumdb', place: number, patience: UpstreamLimits): UpstreamFetcher => {
    if (url.protocol === 'file:') {
      return new UpstreamFetcher(new FileTree(fileURLToPath(url), limits), 'file', metrics);
    }
    named.name(url);
    const reportCircuit = (state: number): void => metrics.upstreamCircuit.set({ source: `${kind}-${place}` }, state);
    const parts = { client, limits: patience, authorization: authorizationFor(url), reportCircuit };
    return new UpstreamFetcher(new HttpTree(url, parts), kind, metrics);
  };

  const sources = entries.map((entry, index): PlannedSource => {
    if (entry.kind !== 'proxy') return entry;
    const { url, fallBackOnError } = entry;
    const next = entries[index + 1];
    const another = next !== undefined && (next.kind !== 'direct' || direct !== null);
    const patience = fallBackOnError && another ? impatient(limits) : limits;
    return { kind: 'proxy', upstream: upstream(url, 'proxy', index + 1, patience), fallBackOnError };
  });
  return new PlannedFetcher({
    sources,
    noProxy: go.GONOPROXY || go.GOPRIVATE,
    direct,
    sumdbs: new SumdbRoute(sources, (url, place) => upstream(url, 'sumdb', place, limits)),
    metrics,
    close: () => client.close(),
  });
}

/** Finds credentials where the go command would, which GOAUTH can tell not to look there. */
function netrcAuthorization(go: GoConfig, netrcFile: string | undefined): (url: URL) => string | null {
  const file = go.extra['NETRC'] || netrcFile;
  const methods = (go.GOAUTH || 'netrc').split(';').map((method) => method.trim());
  if (!file || !methods.includes('netrc')) return () => null;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error('STOA_NETRC_FILE: the file can not be read', { cause: error });
  }
  const entries = parseNetrc(text);
  return (url) => {
    const entry = netrcEntryFor(entries, url);
    return entry && basicAuth(entry.login, entry.password);
  };
}
