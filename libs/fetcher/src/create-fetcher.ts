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
import { HttpTree } from './upstream/http-tree.js';
import { UPSTREAM_LIMITS, type UpstreamLimits } from './upstream/limits.js';
import { UpstreamFetcher } from './upstream/upstream-fetcher.js';

/**
 * Builds the fetcher that Go's settings describe. `direct` is the go command's, or null where there is none. The hosts
 * that the settings name are asked whatever their address; where they lead to is checked by the guard.
 * Throws an Error of one line, `GOPROXY: ...`, `HTTPS_PROXY: ...` and the like, when a setting is bad.
 */
export function createFetcher(
  go: GoConfig,
  direct: Fetcher | null,
  metrics: Metrics,
  guard: EgressGuard,
  limits: UpstreamLimits = UPSTREAM_LIMITS,
): PlannedFetcher {
  const entries = parseProxyList(go.GOPROXY);
  // STOA_GO_ENV wins over the process environment.
  const named = guard.fork();
  const client = new HttpClient({ ...go.inherited, ...go.extra }, limits, named);

  const upstream = (url: URL, kind: 'proxy' | 'sumdb'): UpstreamFetcher => {
    if (url.protocol === 'file:') return new UpstreamFetcher(new FileTree(fileURLToPath(url), limits), 'file', metrics);
    named.name(url);
    return new UpstreamFetcher(new HttpTree(url, client, limits), kind, metrics);
  };

  const sources = entries.map((entry): PlannedSource =>
    entry.kind === 'proxy'
      ? { kind: 'proxy', upstream: upstream(entry.url, 'proxy'), fallBackOnError: entry.fallBackOnError }
      : entry,
  );
  return new PlannedFetcher({
    sources,
    noProxy: go.GONOPROXY || go.GOPRIVATE,
    direct,
    sumdbs: new SumdbRoute(sources, (url) => upstream(url, 'sumdb')),
    metrics,
    close: () => client.close(),
  });
}
