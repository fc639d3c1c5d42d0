import { statfsSync, statSync } from 'node:fs';
import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metrics } from '#libs/observability';
import { makeRoot } from '../fs/folders.js';
import { isAbsent } from '../fs/fs-error.js';
import { UNFINISHED_FOLDER } from '../key.js';
import { isOurs } from './unfinished-file.js';

/** What the file system takes for each begun part of a file. */
const BLOCK = 4096;
/** Files that are looked at without a turn of the event loop: a fifth of a millisecond. */
const BATCH = 64;
/** Milliseconds after its last write that an unfinished file was left by a crash: no storage is waited for as long. */
const LEFTOVER_AGE = 5 * 60 * 1000;
/** Milliseconds after which a fill counts anew, for others may share the folder. */
const COUNT_AGE = 60 * 1000;
/** Part of the bound that an eviction makes free beyond what is needed, or each fill would count and evict. */
const SLACK = 0.1;
/** Part of the file system that is left to others, as an ext4 leaves it to root. */
const LEFT_FREE = 0.05;

export interface RoomOptions {
  readonly folder: string;
  readonly maxBytes: number;
  readonly metrics: Pick<Metrics, 'cacheBytes' | 'cacheEvictions'>;
}

/** A finished file, as a count sees it. */
interface Counted {
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly used: number;
}

/**
 * The bound of the cache's folder, and who goes when it is full: the least recently used, by access time. The folder
 * itself is all that is known, so that it can be shared: a process counts when it starts, when it is out of room, and
 * once a minute while it fills. A file that is evicted stays for those who have it open.
 */
export class Room {
  private finished = 0;
  private reserved = 0;
  /** When it counted last, on performance.now()'s clock. */
  private counted = -Infinity;
  private tidying: Promise<void> | null = null;

  constructor(private readonly options: RoomOptions) {}

  /** Makes the folder, removes what a crash left and what is too much. Throws system errors. */
  async open(): Promise<void> {
    this.makeFolder();
    await this.tidy(0);
  }

  /**
   * Sets room aside for a file of so many bytes, and makes room and folder where there is none. False: it is more than
   * half of the bound, or than can be made. Throws system errors.
   */
  async reserve(size: number): Promise<boolean> {
    const bytes = onDisk(size);
    if (bytes > this.options.maxBytes / 2) return false;
    this.makeFolder();
    // Another who was out of room too may take what was made for both.
    for (let tries = 0; this.lacking(bytes) > 0; tries++) {
      if (tries === 2) return false;
      await this.tidy(bytes);
    }
    this.change(bytes, 0);
    if (performance.now() - this.counted > COUNT_AGE) this.tidy(0).catch(() => {});
    return true;
  }

  /** Ends a reservation: the file is finished, or there will be none. */
  settle(size: number, finished: boolean): void {
    this.change(-onDisk(size), finished ? onDisk(size) : 0);
  }

  /** Says that a finished file was removed. */
  removed(size: number): void {
    this.change(0, -onDisk(size));
  }

  /** Somebody may have cleared it away. */
  private makeFolder(): void {
    makeRoot(join(this.options.folder, UNFINISHED_FOLDER));
  }

  private change(reserved: number, finished: number): void {
    this.reserved += reserved;
    this.finished = Math.max(0, this.finished + finished);
    this.options.metrics.cacheBytes.set({ tier: 'disk' }, this.finished + this.reserved);
  }

  /** How many bytes have to go before so many more fit; 0 or less: none. */
  private lacking(bytes: number): number {
    const { folder, maxBytes } = this.options;
    const { bavail, blocks, bsize } = statfsSync(folder);
    const over = this.finished + this.reserved + bytes - maxBytes;
    return Math.max(over, bytes + blocks * bsize * LEFT_FREE - bavail * bsize);
  }

  /** Counts, and evicts what is over with `bytes` more. Who comes while it runs waits for the same one. */
  private tidy(bytes: number): Promise<void> {
    this.tidying ??= this.count()
      .then((files) => this.evict(files, bytes))
      .finally(() => (this.tidying = null));
    return this.tidying;
  }

  private async count(): Promise<Counted[]> {
    this.counted = performance.now();
    const { folder } = this.options;
    const before = this.finished;
    const files = await this.look(folder, (name) => /^[0-9a-f]{64}$/.test(name));
    const unfinished = await this.look(join(folder, UNFINISHED_FOLDER), (name) => !isOurs(name));
    let others = 0;
    for (const { path, bytes, written } of unfinished) {
      if (written < Date.now() - LEFTOVER_AGE) await unlinkFile(path);
      else others += bytes;
    }
    // What was finished meanwhile may be counted twice, until the next time.
    const meanwhile = Math.max(0, this.finished - before);
    this.change(0, files.reduce((sum, { bytes }) => sum + bytes, others + meanwhile) - this.finished);
    return files;
  }

  private async evict(files: Counted[], bytes: number): Promise<void> {
    const { metrics, maxBytes } = this.options;
    const lacking = this.lacking(bytes);
    if (lacking <= 0) return;
    let left = lacking + maxBytes * SLACK;
    files.sort((a, b) => a.used - b.used);
    for (const file of files) {
      if (left <= 0) break;
      await unlinkFile(file.path);
      this.change(0, -file.bytes);
      metrics.cacheEvictions.inc({ tier: 'disk' });
      left -= file.bytes;
    }
  }

  private async look(folder: string, wanted: (name: string) => boolean): Promise<(Counted & { written: number })[]> {
    const files: (Counted & { written: number })[] = [];
    const names = (await readdir(folder)).filter(wanted);
    for (const [index, name] of names.entries()) {
      if (index % BATCH === BATCH - 1) await new Promise(setImmediate);
      const path = join(folder, name);
      const found = statSync(path, { throwIfNoEntry: false });
      if (found) files.push({ path, bytes: onDisk(found.size), used: found.atimeMs, written: found.mtimeMs });
    }
    return files;
  }
}

/** A file's bytes with what the file system takes beside them. */
function onDisk(size: number): number {
  return Math.ceil(size / BLOCK + 1) * BLOCK;
}

async function unlinkFile(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!isAbsent(error)) throw error;
  });
}
