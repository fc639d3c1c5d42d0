import type { Metrics } from '#libs/observability';
import { LacksError, matchPrefixPatterns, RefusalError, type ModuleVersion } from '#libs/protocol';
import type { DownloadContext, FetchContext, FetchedText, FetchedZip, Fetcher, SumdbFetcher } from '../fetcher.js';
import { measured } from '../measure.js';
import { refusalFrom } from '../upstream/fault.js';
import type { UpstreamFetcher } from '../upstream/upstream-fetcher.js';
import { walk } from './walk.js';

/** A source in the order of GOPROXY. */
export type PlannedSource =
  | { readonly kind: 'proxy'; readonly upstream: UpstreamFetcher; readonly fallBackOnError: boolean }
  | { readonly kind: 'direct' }
  | { readonly kind: 'off' };

const DIRECT: readonly PlannedSource[] = [{ kind: 'direct' }];

export interface PlanParts {
  readonly sources: readonly PlannedSource[];
  /** Modules that are fetched from version control only: Go's glob patterns, separated by commas. */
  readonly noProxy: string;
  /** Null: this worker has no go command. */
  readonly direct: Fetcher | null;
  readonly sumdbs: SumdbFetcher;
  readonly metrics: Metrics;
  /** Ends the connections. */
  readonly close: () => Promise<void>;
}

/**
 * Chooses the sources of each module as the go command does: GONOPROXY modules come from version control and are named
 * to nobody else, all others from the GOPROXY list. Every method walks the list by itself.
 */
export class PlannedFetcher implements Fetcher, SumdbFetcher {
  private readonly sources: readonly PlannedSource[];

  constructor(private readonly parts: PlanParts) {
    // Without a go command the proxies' word is the last: their 404 lets a client go on to its own next source.
    const proxies = parts.sources.filter(({ kind }) => kind !== 'direct');
    this.sources = parts.direct === null && proxies.length > 0 ? proxies : parts.sources;
  }

  async list(module: string, context: FetchContext): Promise<string[]> {
    return this.walk(module, module, context, (fetcher) => fetcher.list(module, context));
  }

  async latest(module: string, context: FetchContext): Promise<FetchedText> {
    return this.walk(module, module, context, (fetcher) => fetcher.latest(module, context));
  }

  async resolve(module: string, query: string, context: FetchContext): Promise<FetchedText> {
    return this.walk(module, `${module}@${query}`, context, (fetcher) => fetcher.resolve(module, query, context));
  }

  async info(version: ModuleVersion, context: FetchContext): Promise<FetchedText> {
    return this.walkVersion(version, context, (fetcher) => fetcher.info(version, context));
  }

  async mod(version: ModuleVersion, context: FetchContext): Promise<FetchedText> {
    return this.walkVersion(version, context, (fetcher) => fetcher.mod(version, context));
  }

  async zip(version: ModuleVersion, context: DownloadContext): Promise<FetchedZip> {
    return this.walkVersion(version, context, (fetcher) => fetcher.zip(version, context));
  }

  async sumdb(
    database: { readonly name: string; readonly url?: string },
    path: string,
    context: FetchContext,
  ): Promise<FetchedText> {
    return this.parts.sumdbs.sumdb(database, path, context);
  }

  /** Ends idle connections; fetches under way are ended by their signals. */
  async close(): Promise<void> {
    await this.parts.close();
  }

  private async walkVersion<T>(
    { module, version }: ModuleVersion,
    context: FetchContext,
    fetch: (fetcher: Fetcher) => Promise<T>,
  ): Promise<T> {
    return this.walk(module, `${module}@${version}`, context, fetch);
  }

  private async walk<T>(
    module: string,
    subject: string,
    context: FetchContext,
    fetch: (fetcher: Fetcher) => Promise<T>,
  ): Promise<T> {
    const sources = matchPrefixPatterns(this.parts.noProxy, module) ? DIRECT : this.sources;
    return walk(sources, context.signal, async (source) => {
      if (context.signal.aborted) throw refusalFrom(context.signal.reason, subject, context.signal);
      if (source.kind === 'proxy') return fetch(source.upstream);
      if (source.kind === 'direct') return this.fetchDirect(subject, context, fetch);
      throw new RefusalError('not-found', `${subject}: module lookup disabled by GOPROXY=off`);
    });
  }

  private async fetchDirect<T>(
    subject: string,
    { signal }: FetchContext,
    fetch: (fetcher: Fetcher) => Promise<T>,
  ): Promise<T> {
    const { direct, metrics } = this.parts;
    if (direct === null) throw new LacksError(`${subject}: this worker has no go command`);
    return measured(metrics, 'direct', signal, () =>
      fetch(direct).catch((error: unknown) => Promise.reject(refusalFrom(error, subject, signal))),
    );
  }
}
