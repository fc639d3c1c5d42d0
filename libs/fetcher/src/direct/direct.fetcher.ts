import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { escapePath, escapeVersion, formatInfo, isCanonicalFor, parseInfo, RefusalError, type ModuleVersion } from '#libs/protocol';
import type { FetchContext, FetchedFile, FetchedText, FetchedZip, Fetcher } from '../fetcher.js';
import { refusalFrom } from '../upstream/fault.js';
import { Flights } from './flights.js';
import { type GoAnswer } from './go-answer.js';
import { GoCommand, type GoCommandOptions } from './go-command.js';

export type { GoCommandOptions as DirectOptions } from './go-command.js';

/** Stands in receipts. */
const SOURCE = 'direct';

/** Queries that mean something else to the go command than a branch or a tag of that name. */
const WORDS: ReadonlySet<string> = new Set(['latest', 'upgrade', 'patch', 'none']);

interface FetchedVersion {
  readonly info: FetchedText;
  readonly mod: FetchedText;
}

/**
 * Fetches modules from version control with the go command, as its `direct` does. Module cache and repositories are
 * kept below the data folder; extracted modules and zips are not.
 */
export class DirectFetcher implements Fetcher {
  private readonly go: GoCommand;
  /** `.info` and `.mod` of a version are asked together and come from one command. */
  private readonly versions = new Flights<FetchedVersion>();

  constructor(options: GoCommandOptions) {
    this.go = new GoCommand(options);
  }

  /** Makes folders and copies credentials; the first fetch does it otherwise. Throws when a credential file can't be read. */
  async open(): Promise<void> {
    await this.go.open();
  }

  /** The version of the go command, such as `go1.26.8 linux/amd64`; null when there is none. Throws as `open` does. */
  async available(): Promise<string | null> {
    return this.go.version();
  }

  async list(module: string, { signal }: FetchContext): Promise<string[]> {
    return attempt(module, signal, async () => {
      escapePath(module);
      // Without -retracted the go command clones the repository to hide retracted versions, which clients must see.
      const answer = await this.go.list(['-versions', '-retracted'], module, module, signal);
      return [...answer.versions];
    });
  }

  async latest(module: string, { signal }: FetchContext): Promise<FetchedText> {
    const subject = `${module}@latest`;
    return attempt(subject, signal, async () => (await this.query(module, subject, subject, signal)).info);
  }

  async resolve(module: string, query: string, { signal }: FetchContext): Promise<FetchedText> {
    const subject = `${module}@${query}`;
    return attempt(subject, signal, async () => {
      escapeVersion(query);
      if (query.startsWith('-') || WORDS.has(query)) {
        throw new RefusalError('not-found', `${subject}: invalid version: unknown revision ${query}`);
      }
      return (await this.query(module, subject, subject, signal)).info;
    });
  }

  async info(version: ModuleVersion, context: FetchContext): Promise<FetchedText> {
    return (await this.version(version, context)).info;
  }

  async mod(version: ModuleVersion, context: FetchContext): Promise<FetchedText> {
    return (await this.version(version, context)).mod;
  }

  async zip({ module, version }: ModuleVersion, { signal, scratch }: FetchContext): Promise<FetchedZip> {
    const subject = subjectOf({ module, version });
    return attempt(subject, signal, async () => {
      // The go command extracts each zip it makes. A module cache of this job's own, whose `cache` is the kept one,
      // takes the extracted files to where they vanish whatever happens, without a race with other jobs and workers.
      const modules = join(scratch, `modules-${randomUUID()}`);
      await this.go.open();
      await mkdir(modules, { recursive: true });
      await symlink(join(this.go.folders.modules, 'cache'), join(modules, 'cache'));
      try {
        const answer = await this.go.download(subject, modules, signal);
        const { info, mod } = await readVersion(answer, subject, version);
        return { zip: await takeZip(answer, scratch, subject), info, mod };
      } finally {
        await rm(modules, { recursive: true, force: true });
      }
    });
  }

  private async version({ module, version }: ModuleVersion, { signal }: FetchContext): Promise<FetchedVersion> {
    const subject = subjectOf({ module, version });
    return attempt(subject, signal, async () =>
      this.versions.join(subject, signal, (shared) => this.query(module, subject, subject, shared, version)),
    );
  }
}
