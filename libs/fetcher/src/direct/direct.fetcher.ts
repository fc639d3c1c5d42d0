import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import {
  escapePath,
  escapeVersion,
  type ModuleVersion,
  RefusalError,
  SingleFlight,
  versionFault,
} from '#libs/protocol';
import type { DownloadContext, FetchContext, FetchedText, FetchedZip, Fetcher } from '../fetcher.js';
import { refusalFrom } from '../upstream/fault.js';
import { type FetchedVersion, readVersion, takeZip } from './fetched-version.js';
import { GoCommand, type GoCommandOptions } from './go-command.js';
import { knownHostFault } from './known-hosts.js';

/** Queries that mean something else to the go command than a branch or a tag of that name. */
const WORDS: ReadonlySet<string> = new Set(['latest', 'upgrade', 'patch', 'none']);

/**
 * Fetches modules from version control with the go command, as its `direct` does. Repositories are kept below the data
 * folder, within a budget; nothing else is.
 */
export class DirectFetcher implements Fetcher {
  private readonly go: GoCommand;
  /** `.info` and `.mod` of a version are asked for together and come from one command. */
  private readonly versions = new SingleFlight<FetchedVersion>();

  constructor(private readonly options: GoCommandOptions) {
    this.go = new GoCommand(options);
  }

  /** Makes folders and copies credentials; the first use does it otherwise. Throws when a credential file can't be read. */
  async open(): Promise<void> {
    await this.go.open();
  }

  /**
   * The version of the go command, such as `go1.26.8 linux/amd64`; null when there is none that answers before the
   * abort. Throws as `open` does.
   */
  async available(signal: AbortSignal): Promise<string | null> {
    return this.go.version(signal);
  }

  async list(module: string, context: FetchContext): Promise<string[]> {
    return attempt(module, context, async () => {
      this.checkPath(module, module);
      // Without -retracted the go command clones the repository to hide retracted versions, which clients must see.
      const flags = ['-versions', '-retracted'];
      return this.go.list(flags, module, module, context, async ({ versions }) => [...versions]);
    });
  }

  async latest(module: string, context: FetchContext): Promise<FetchedText> {
    const subject = `${module}@latest`;
    return attempt(subject, context, async () => {
      this.checkPath(module, subject);
      return (await this.query(subject, context)).info;
    });
  }

  async resolve(module: string, query: string, context: FetchContext): Promise<FetchedText> {
    const subject = `${module}@${query}`;
    return attempt(subject, context, async () => {
      this.checkPath(module, subject);
      escapeVersion(query);
      if (query.startsWith('-') || WORDS.has(query)) {
        throw new RefusalError('not-found', `${subject}: invalid version: unknown revision ${query}`);
      }
      return (await this.query(subject, context)).info;
    });
  }

  async info(version: ModuleVersion, context: FetchContext): Promise<FetchedText> {
    return (await this.version(version, context)).info;
  }

  async mod(version: ModuleVersion, context: FetchContext): Promise<FetchedText> {
    return (await this.version(version, context)).mod;
  }

  async zip(version: ModuleVersion, context: DownloadContext): Promise<FetchedZip> {
    const subject = subjectOf(version);
    return attempt(subject, context, async () => {
      this.checkVersion(version, subject);
      const target = join(context.scratch, `direct-${randomUUID()}.zip`);
      return this.go.download(subject, context, async (answer) => ({
        ...(await readVersion(answer, subject, version.version)),
        zip: await takeZip(answer, target, subject),
      }));
    });
  }

  private async version(version: ModuleVersion, context: FetchContext): Promise<FetchedVersion> {
    const subject = subjectOf(version);
    return attempt(subject, context, async () => {
      this.checkVersion(version, subject);
      return this.versions.join(subject, context.signal, (signal) =>
        this.query(subject, { ...context, signal }, version.version),
      );
    });
  }

  /** Nothing but a valid path may become an argument of a command, and none that go would refuse without a look. */
  private checkPath(module: string, subject: string): void {
    escapePath(module);
    const fault = knownHostFault(module);
    if (fault !== null) throw new RefusalError('not-found', `${subject}: ${fault}`);
    this.options.proxy.guard.checkModule(module);
  }

  /** Nor but a valid version of it. */
  private checkVersion({ module, version }: ModuleVersion, subject: string): void {
    this.checkPath(module, subject);
    const fault = versionFault(module, version);
    if (fault !== null) throw new RefusalError('not-found', `${subject}: invalid version: ${fault}`);
  }

  private async query(subject: string, context: FetchContext, expected?: string): Promise<FetchedVersion> {
    return this.go.list([], subject, subject, context, (answer) => readVersion(answer, subject, expected));
  }
}

function subjectOf({ module, version }: ModuleVersion): string {
  return `${module}@${version}`;
}

async function attempt<T>(subject: string, { signal }: FetchContext, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw refusalFrom(error, subject, signal);
  }
}
