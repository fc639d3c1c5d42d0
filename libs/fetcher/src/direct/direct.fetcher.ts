import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { escapePath, escapeVersion, type ModuleVersion, RefusalError, versionFault } from '#libs/protocol';
import type { DownloadContext, FetchContext, FetchedText, FetchedZip, Fetcher } from '../fetcher.js';
import { refusalFrom } from '../upstream/fault.js';
import { type FetchedVersion, readVersion, takeZip } from './fetched-version.js';
import { Flights } from './flights.js';
import { GoCommand, type GoCommandOptions } from './go-command.js';
import { makeJobCache } from './job-cache.js';
import { knownHostFault } from './known-hosts.js';

/** Queries that mean something else to the go command than a branch or a tag of that name. */
const WORDS: ReadonlySet<string> = new Set(['latest', 'upgrade', 'patch', 'none']);

/**
 * Fetches modules from version control with the go command, as its `direct` does. Repositories, `.info` and `.mod`
 * files are kept below the data folder; zips and extracted modules are not.
 */
export class DirectFetcher implements Fetcher {
  private readonly go: GoCommand;
  /** `.info` and `.mod` of a version are asked for together and come from one command. */
  private readonly versions = new Flights<FetchedVersion>();

  constructor(private readonly options: GoCommandOptions) {
    this.go = new GoCommand(options);
  }

  /** Makes folders and copies credentials; the first use does it otherwise. Throws when a credential file can't be read. */
  async open(): Promise<void> {
    await this.go.open();
  }

  /** The version of the go command, such as `go1.26.8 linux/amd64`; null when there is none. Throws as `open` does. */
  async available(): Promise<string | null> {
    return this.go.version();
  }

  async list(module: string, { signal }: FetchContext): Promise<string[]> {
    return attempt(module, signal, async () => {
      this.checkPath(module, module);
      // Without -retracted the go command clones the repository to hide retracted versions, which clients must see.
      const answer = await this.go.list(['-versions', '-retracted'], module, module, signal);
      return [...answer.versions];
    });
  }

  async latest(module: string, { signal }: FetchContext): Promise<FetchedText> {
    const subject = `${module}@latest`;
    return attempt(subject, signal, async () => {
      this.checkPath(module, subject);
      return (await this.query(subject, signal)).info;
    });
  }

  async resolve(module: string, query: string, { signal }: FetchContext): Promise<FetchedText> {
    const subject = `${module}@${query}`;
    return attempt(subject, signal, async () => {
      this.checkPath(module, subject);
      escapeVersion(query);
      if (query.startsWith('-') || WORDS.has(query)) {
        throw new RefusalError('not-found', `${subject}: invalid version: unknown revision ${query}`);
      }
      return (await this.query(subject, signal)).info;
    });
  }

  async info(version: ModuleVersion, { signal }: FetchContext): Promise<FetchedText> {
    return (await this.version(version, signal)).info;
  }

  async mod(version: ModuleVersion, { signal }: FetchContext): Promise<FetchedText> {
    return (await this.version(version, signal)).mod;
  }

  async zip(version: ModuleVersion, { signal, scratch }: DownloadContext): Promise<FetchedZip> {
    const subject = subjectOf(version);
    return attempt(subject, signal, async () => {
      this.checkVersion(version, subject);
      await this.go.open();
      const target = join(scratch, `direct-${randomUUID()}.zip`);
      const cache = `${target}.cache`;
      try {
        await makeJobCache(cache, this.go.folders.modules);
        const answer = await this.go.download(subject, cache, signal);
        return {
          ...(await readVersion(answer, subject, version.version)),
          zip: await takeZip(answer, target, subject),
        };
      } finally {
        await rm(cache, { recursive: true, force: true });
      }
    });
  }

  private async version(version: ModuleVersion, signal: AbortSignal): Promise<FetchedVersion> {
    const subject = subjectOf(version);
    return attempt(subject, signal, async () => {
      this.checkVersion(version, subject);
      return this.versions.join(subject, signal, (shared) => this.query(subject, shared, version.version));
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

  private async query(subject: string, signal: AbortSignal, expected?: string): Promise<FetchedVersion> {
    return readVersion(await this.go.list([], subject, subject, signal), subject, expected);
  }
}

function subjectOf({ module, version }: ModuleVersion): string {
  return `${module}@${version}`;
}

async function attempt<T>(subject: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw refusalFrom(error, subject, signal);
  }
}
