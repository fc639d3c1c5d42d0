import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, unlinkSync } from 'node:fs';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { errorCode, LacksError } from '#libs/protocol';
import { makeRoot } from '#libs/storage';

const TOUCH_EVERY = 10 * 60_000;
/** So long that a clock which jumps by hours buries nobody alive. */
const DEAD_AFTER = 24 * 60 * 60_000;
/** Files that are removed at once. */
const FEW = 8;
const OWNER = /^(?<host>.+)-(?<pid>\d+)-[0-9a-f]{12}$/;

/**
 * The place of a process's unfinished files: `<data dir>/scratch/<hostname>-<pid>-<random>`. Processes of several hosts
 * may share the data dir, so each says in the name of its folder whose it is, and touches it every ten minutes.
 */
export class Scratch {
  /** Folders in use by this process: its own pid alone would make them look like leftovers of one before it. */
  private static readonly used = new Set<string>();

  private readonly parent: string;
  /** The folder of this process. */
  readonly root: string;
  /** Folders of jobs that ended: making and removing one costs as much as all else that a small job does here. */
  private readonly empty: string[] = [];
  private touching: NodeJS.Timeout | undefined;

  constructor(dataDir: string) {
    this.parent = join(dataDir, 'scratch');
    this.root = join(this.parent, `${hostname()}-${process.pid}-${randomBytes(6).toString('hex')}`);
  }

  /** Makes the folder, for this user alone, and removes those of processes that died. */
  async open(): Promise<void> {
    Scratch.used.add(this.root);
    makeRoot(this.parent, 0o700);
    await mkdir(this.root, { mode: 0o700 });
    // A touch that fails is made good by the next one.
    this.touching = setInterval(() => void touch(this.root).catch(() => {}), TOUCH_EVERY).unref();
    await this.sweep();
  }

  /**
   * Gives `fn` an empty folder of its own and removes all it holds, whatever happens. The next job has the folder.
   * Throws LacksError when the disk is full.
   */
  async use<T>(fn: (dir: string) => Promise<T>): Promise<T> {
    let dir;
    try {
      dir = this.empty.pop() ?? mkdtempSync(join(this.root, 'job-'));
      return await fn(dir);
    } catch (error) {
      if (!isFull(error)) throw error;
      throw new LacksError('the scratch space is full', { cause: error });
    } finally {
      if (dir !== undefined) {
        if (clear(dir)) this.empty.push(dir);
        else await remove(dir);
      }
    }
  }

  /** Removes the folder of this process. */
  async close(): Promise<void> {
    clearInterval(this.touching);
    await remove(this.root);
    Scratch.used.delete(this.root);
  }

  private async sweep(): Promise<void> {
    for (const name of await readdir(this.parent)) {
      const dir = join(this.parent, name);
      if (!Scratch.used.has(dir) && (await isDead(dir, name))) await remove(dir);
    }
  }
}

async function isDead(dir: string, name: string): Promise<boolean> {
  const owner = OWNER.exec(name)?.groups;
  if (owner === undefined) return false;
  // A pid that lives again says nothing about the folder; an untouched day does, on any host.
  if (owner['host'] === hostname() && !isAlive(Number(owner['pid']))) return true;
  const touched = await stat(dir).catch(() => null);
  return touched !== null && Date.now() - touched.mtimeMs > DEAD_AFTER;
}

/** Another process that lives: our own pid in a leftover is from before a container's restart. */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

function isFull(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

async function touch(dir: string): Promise<void> {
  const now = new Date();
  await utimes(dir, now, now);
}

/** Removes the few files of a small job, at once: quicker than other threads are told to. False: it is more than that. */
function clear(dir: string): boolean {
  try {
    const entries = readdirSync(dir, { withFileTypes: true });
    if (entries.length > FEW || entries.some((entry) => entry.isDirectory())) return false;
    for (const { name } of entries) unlinkSync(join(dir, name));
    return true;
  } catch {
    return false;
  }
}

/** Never throws: what can't be removed now is a leftover for the next start, and no reason to fail a finished job. */
async function remove(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
}
