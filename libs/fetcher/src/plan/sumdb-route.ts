import { RefusalError } from '#libs/protocol';
import type { FetchContext, FetchedText, SumdbFetcher } from '../fetcher.js';
import type { UpstreamFetcher } from '../upstream/upstream-fetcher.js';
import type { PlannedSource } from './planned-fetcher.js';
import { walk } from './walk.js';

/** How long a way to a database is taken without probing again, in milliseconds. The go command probes once a run. */
const REMEMBERED = 10 * 60_000;

interface Way {
  readonly upstream: UpstreamFetcher;
  /** Before each path; empty, or with a slash at its end. */
  readonly prefix: string;
}

/**
 * Finds checksum databases as the go command does (modfetch/sumdb.go initBase): at their explicit URL, else through the
 * first proxy that says it is `supported`, and then through this one only, else at `https://<name>`.
 */
export class SumdbRoute implements SumdbFetcher {
  private readonly ways = new Map<string, { readonly way: Way; readonly until: number }>();
  private readonly upstreams = new Map<string, UpstreamFetcher>();

  constructor(
    private readonly sources: readonly PlannedSource[],
    private readonly openUpstream: (url: URL, place: number) => UpstreamFetcher,
  ) {}

  async sumdb(
    database: { readonly name: string; readonly url?: string },
    path: string,
    context: FetchContext,
  ): Promise<FetchedText> {
    const { upstream, prefix } =
      database.url === undefined ? await this.way(database.name, context) : this.straight(database.url);
    return upstream.file(prefix + path, `${database.name}/${path}`, context);
  }

  private async way(name: string, context: FetchContext): Promise<Way> {
    const known = this.ways.get(name);
    if (known && known.until > performance.now()) return known.way;
    const way = await this.find(name, context);
    this.ways.set(name, { way, until: performance.now() + REMEMBERED });
    return way;
  }

  private async find(name: string, context: FetchContext): Promise<Way> {
    const prefix = `sumdb/${name}/`;
    try {
      return await walk(this.sources, context.signal, async (source) => {
        if (source.kind !== 'proxy')
          throw new RefusalError('not-found', `${name}: no proxy has this checksum database`);
        await source.upstream.file(`${prefix}supported`, name, context);
        return { upstream: source.upstream, prefix };
      });
    } catch (error) {
      if (context.signal.aborted || !(error instanceof RefusalError) || error.kind !== 'not-found') throw error;
      return this.straight(`https://${name}`);
    }
  }

  private straight(url: string): Way {
    const upstream = this.upstreams.get(url) ?? this.openUpstream(new URL(url), this.upstreams.size + 1);
    this.upstreams.set(url, upstream);
    return { upstream, prefix: '' };
  }
}
