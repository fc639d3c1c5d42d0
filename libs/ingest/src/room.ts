import { statfsSync } from 'node:fs';
import { LacksError } from '#libs/protocol';

/** Bytes that stay free, for all else that writes there. */
const FLOOR = 64 << 20;
/** Bytes that a download may take: more than most zips do. A larger one meets the full disk itself, and is refused then. */
const DOWNLOAD = 16 << 20;

/** Gives the free bytes of a folder's file system. */
export type FreeBytes = (folder: string) => number;

/** Lets downloads begin only while their disks have room: the scratch space, and a storage of files. */
export class Room {
  private running = 0;

  constructor(
    private readonly folders: readonly string[],
    private readonly free: FreeBytes = freeBytes,
  ) {}

  /** Runs a download. Throws LacksError, at once, when it and those that run may fill a disk. */
  async use<T>(download: () => Promise<T>): Promise<T> {
    this.running++;
    try {
      const needed = FLOOR + this.running * DOWNLOAD;
      if (Math.min(...this.folders.map((folder) => this.free(folder))) < needed)
        throw new LacksError('this worker has no room for another download');
      return await download();
    } finally {
      this.running--;
    }
  }
}

/** The kernel knows it: a turn through Node's thread pool would cost twenty times the look. */
function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    // What can't be told is no reason to refuse.
    return Infinity;
  }
}
