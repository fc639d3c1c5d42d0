import type { PlannedFetcher } from '#libs/fetcher';
import { RefusalError } from '#libs/protocol';
import { formatTarget } from '../target.js';
import { SOURCE, type Candidate, type FileKind, type ImportSource, type Unfit } from './source.js';
import { parseListLine } from './version-list.js';

const ALL: ReadonlySet<FileKind> = new Set(['info', 'mod', 'zip']);

/** Versions of another GOPROXY, named by a list. */
export class ProxySource implements ImportSource {
  /**
   * Each takes up to three of the connections that the HTTP client has for a host. It bounds the scratch space too: how
   * large a zip is, is not known before it is there.
   */
  readonly concurrency = 16;

  constructor(
    private readonly fetcher: PlannedFetcher,
    /** The text of the list. */
    private readonly list: string,
  ) {}

  async *candidates(): AsyncGenerator<Candidate | Unfit> {
    const named = new Set<string>();
    for (const line of this.list.split('\n')) {
      const candidate = this.candidate(line);
      if (candidate === null) continue;
      const name = 'reason' in candidate ? candidate.name : formatTarget(candidate.version);
      // Lists of several projects, one behind the other, name much twice.
      if (!named.has(name)) yield candidate;
      named.add(name);
    }
  }

  async count(): Promise<number> {
    let count = 0;
    for await (const candidate of this.candidates()) if (candidate) count++;
    return count;
  }

  async close(): Promise<void> {
    await this.fetcher.close();
  }

  private candidate(line: string): Candidate | Unfit | null {
    try {
      const version = parseListLine(line);
      return (
        version && {
          version,
          has: ALL,
          info: (context) => this.fetcher.info(version, context),
          mod: (context) => this.fetcher.mod(version, context),
          zip: async (context) => ({ ...(await this.fetcher.zip(version, context)).zip, source: SOURCE }),
          smallZip: async () => null,
          zipBytes: async () => undefined,
          zipTime: async () => null,
        }
      );
    } catch (error) {
      if (error instanceof RefusalError) return { name: line.trim(), reason: error.message };
      throw error;
    }
  }
}
