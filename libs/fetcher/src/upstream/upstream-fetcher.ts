import type { Metrics } from '#libs/observability';
import { escapePath, escapeVersion, RefusalError, resolveLatest, type ModuleVersion } from '#libs/protocol';
import type { DownloadContext, FetchContext, FetchedText, FetchedZip, Fetcher } from '../fetcher.js';
import { measured, type SourceKind } from '../measure.js';
import { checkInfo, checkMod, checkResolution, checkZip, readList } from './answers.js';
import { refusalFrom } from './fault.js';
import type { ProxyTree } from './proxy-tree.js';

/** Fetches from one GOPROXY: knows which file answers what, and refuses answers that make no sense. */
export class UpstreamFetcher implements Fetcher {
  constructor(
    private readonly tree: ProxyTree,
    private readonly kind: SourceKind,
    private readonly metrics: Metrics,
  ) {}

  async list(module: string, context: FetchContext): Promise<string[]> {
    return this.read(`${escapePath(module)}/@v/list`, module, context, readList);
  }

  async latest(module: string, context: FetchContext): Promise<FetchedText> {
    try {
      return await this.text(`${escapePath(module)}/@latest`, module, context, (bytes) =>
        checkResolution(bytes, module),
      );
    } catch (error) {
      if (!(error instanceof RefusalError) || error.kind !== 'not-found') throw error;
      // `@latest` is optional: static trees and module caches have none.
      const version = await resolveLatest(module, await this.list(module, context), async (highest) => {
        try {
          return (await this.mod({ module, version: highest }, context)).bytes;
        } catch (failure) {
          // A module cache may have no more than the .info.
          if (failure instanceof RefusalError && failure.kind === 'not-found') return null;
          throw failure;
        }
      });
      if (version === null) throw error;
      return this.info({ module, version }, context);
    }
  }

  async resolve(module: string, query: string, context: FetchContext): Promise<FetchedText> {
    const path = versionPath(module, query, 'info');
    return this.text(path, `${module}@${query}`, context, (bytes) => checkResolution(bytes, module));
  }

  async info(version: ModuleVersion, context: FetchContext): Promise<FetchedText> {
    const path = versionPath(version.module, version.version, 'info');
    return this.text(path, nameOf(version), context, (bytes) => checkInfo(bytes, version));
  }

  async mod(version: ModuleVersion, context: FetchContext): Promise<FetchedText> {
    return this.text(versionPath(version.module, version.version, 'mod'), nameOf(version), context, checkMod);
  }

  async zip(version: ModuleVersion, context: DownloadContext): Promise<FetchedZip> {
    const path = versionPath(version.module, version.version, 'zip');
    return this.attempt(nameOf(version), context, async () => {
      const { start, ...file } = await this.tree.download(path, context);
      checkZip(start);
      return { zip: { ...file, source: this.tree.source } };
    });
  }

  /** The bytes of any other small file, unchecked. Throws RefusalError `<subject>: <reason>`. */
  async file(path: string, subject: string, context: FetchContext): Promise<FetchedText> {
    return this.text(path, subject, context, () => {});
  }

  private async text(
    path: string,
    subject: string,
    context: FetchContext,
    check: (bytes: Buffer) => void,
  ): Promise<FetchedText> {
    return this.read(path, subject, context, (bytes) => {
      check(bytes);
      return { bytes, source: this.tree.source };
    });
  }

  private async read<T>(path: string, subject: string, context: FetchContext, use: (bytes: Buffer) => T): Promise<T> {
    return this.attempt(subject, context, async () => use(await this.tree.read(path, context)));
  }

  private async attempt<T>(subject: string, { signal }: FetchContext, work: () => Promise<T>): Promise<T> {
    return measured(this.metrics, this.kind, signal, async () => {
      try {
        return await work();
      } catch (error) {
        throw refusalFrom(error, subject, signal);
      }
    });
  }
}

function versionPath(module: string, version: string, extension: 'info' | 'mod' | 'zip'): string {
  return `${escapePath(module)}/@v/${escapeVersion(version)}.${extension}`;
}

function nameOf({ module, version }: ModuleVersion): string {
  return `${module}@${version}`;
}
