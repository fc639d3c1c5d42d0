import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import type { Metrics } from '#libs/observability';
import { LacksError } from '#libs/protocol';
import { runCommand } from './command.js';
import { repositoriesIn } from './kept-repositories.js';
import type { Log } from './log.js';
import { underLock } from './repository-lock.js';

/** Least pause between two looks at the sizes, and the part of the time that they may take. */
const LOOK_EVERY = 60_000;
const BUSY_AT_MOST = 1 / 20;

/** Evicts down to this part of the budget, so that not every look has to. */
const ROOM = 0.9;

/** Runs of work that are tried; evictions are too rare to come into the way of one twice. */
const TRIES = 3;

/** A kept repository as a look at the cache found it. */
interface KeptRepository {
  readonly folder: string;
  /** Bytes on the disk. */
  readonly size: number;
  /** Milliseconds: when its `.info` was last touched; 0 without one, as an eviction that was cut short leaves it. */
  readonly used: number;
}

interface VcsCacheOptions {
  /** `<GOMODCACHE>/cache/vcs`. Workers of one host may share it. */
  readonly folder: string;
  /** Bytes. */
  readonly budget: number;
  readonly env: Readonly<Record<string, string>>;
  readonly metrics: Metrics;
  readonly log?: Log;
}

/**
 * Holds the kept repositories within their budget: the least recently used ones go. When one was used is the time of
 * its `.info`, which every worker that shares the folder sees and touches.
 *
 * A repository is removed under go's own lock of it. That alone does not do, for the go command also reads a
 * repository without the lock, and takes one that vanishes for one without a go.mod (it then makes one up). So each
 * eviction leaves a mark, once it has the lock and before it removes anything, and a command that finds another mark at
 * its end than at its start is run again. One that starts after the mark waits for the lock and clones anew.
 */
export class VcsCache {
  private readonly mark: string;
  private looking: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  /** When the next look may begin, on performance.now()'s clock. */
  private next = 0;

  constructor(private readonly options: VcsCacheOptions) {
    this.mark = join(options.folder, 'evicted');
  }

  /** Runs work that uses kept repositories, again when one was evicted meanwhile. */
  async undisturbed<T>(subject: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    for (let run = 1; run <= TRIES; run++) {
      const before = await this.lastEviction();
      const outcome = await Promise.allSettled([work()]);
      if (signal.aborted || (await this.lastEviction()) === before) return settled(outcome[0]);
    }
    throw new LacksError(`${subject}: the kept repositories of this worker have too little room`);
  }

  /** Notes that the repository of a URL was of use. */
  async used(url: string): Promise<void> {
    const now = new Date();
    await utimes(`${this.folderOf(url)}.info`, now, now).catch(() => {});
  }

  /** Where the go command keeps the repository of a URL (cmd/go/internal/modfetch/codehost, WorkDir). */
  folderOf(url: string): string {
    return join(this.options.folder, createHash('sha256').update(`git3:${url}`).digest('hex'));
  }

  /** The repository whose folder a text names; null: none. */
  folderIn(text: string): string | null {
    const [, name] = /\/cache\/vcs\/([0-9a-f]{64})\b/.exec(text) ?? [];
    return name === undefined ? null : join(this.options.folder, name);
  }

  /** Removes a repository that is to go, which is asked once nobody changes it. False when it stays, or is in use. */
  async discard(folder: string, isToGo: () => Promise<boolean>): Promise<boolean> {
    let gone = false;
    await underLock(folder, this.options.env, async () => {
      if (!(await isToGo())) return;
      await this.clear(folder);
      gone = true;
    });
    return gone;
  }

  /** Looks at the sizes in the background, soon, and evicts what is too much. */
  tidySoon(): void {
    this.timer ??= setTimeout(
      () => {
        this.timer = null;
        this.tidy().catch((error: unknown) =>
          this.options.log?.('warn', 'the kept repositories can not be held within their budget', { err: error }),
        );
      },
      Math.max(0, this.next - performance.now()),
    ).unref();
  }

  /** Looks at the sizes and evicts what is too much. */
  async tidy(): Promise<void> {
    this.looking ??= this.evict().finally(() => (this.looking = null));
    return this.looking;
  }

  private async evict(): Promise<void> {
    const { budget, metrics, log } = this.options;
    const began = performance.now();
    this.next = began + LOOK_EVERY;
    const repositories = await this.measure();
    const took = performance.now() - began;
    this.next = performance.now() + Math.max(LOOK_EVERY, took / BUSY_AT_MOST);
    let total = repositories.reduce((sum, { size }) => sum + size, 0);
    if (total > budget) {
      const before = total;
      for (const { folder, size, used } of repositories.toSorted((one, other) => one.used - other.used)) {
        if (total <= budget * ROOM) break;
        // Not one that was used since it was measured.
        if (!(await this.discard(folder, async () => (await timeOf(folder)) === used))) continue;
        total -= size;
        metrics.vcsCacheEvictions.inc();
      }
      log?.('info', 'kept repositories evicted', { before, after: total, budget });
    }
    metrics.vcsCacheBytes.set(total);
  }

  /** One process measures all; it says what it can of a folder that changes meanwhile. */
  private async measure(): Promise<KeptRepository[]> {
    const { folder, env } = this.options;
    const command = { binary: 'du', args: ['-k', '-d', '1', '--', folder], cwd: folder, env };
    const { stdout } = await runCommand(command, new AbortController().signal);
    const sizes = new Map(
      [...stdout.matchAll(/^(\d+)\s+(.+)$/gm)].map(([, size, path]) => [basename(path!), Number(size) * 1024]),
    );
    const measured: KeptRepository[] = [];
    for (const path of await repositoriesIn(folder)) {
      measured.push({ folder: path, size: sizes.get(basename(path)) ?? 0, used: await timeOf(path) });
    }
    return measured;
  }

  /** Leaves the mark, then removes the repository. Its lock is held. */
  private async clear(folder: string): Promise<void> {
    const draft = `${this.mark}-${randomUUID()}`;
    await writeFile(draft, randomUUID());
    await rename(draft, this.mark);
    // Without it the go command starts from nothing, should the rest survive a crash.
    await rm(`${folder}.info`, { force: true });
    await rm(folder, { recursive: true, force: true });
  }

  private async lastEviction(): Promise<string> {
    return readFile(this.mark, 'utf8').catch(() => '');
  }
}

async function timeOf(folder: string): Promise<number> {
  return stat(`${folder}.info`).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

function settled<T>(outcome: PromiseSettledResult<T>): T {
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}
