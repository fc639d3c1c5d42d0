import { statfsSync } from 'node:fs';
import { LacksError } from '#libs/protocol';

/** Bytes that stay free, for all else that writes there. */
const FLOOR = 64 << 20;
/** Bytes that a download may take: more than most zips do. A larger one meets the full disk itself, and is refused then. */
const DOWNLOAD = 16 << 20;

/** Milliseconds for which a look at the disks counts: an import begins thousands of zips a second. */
const LOOK = 10;

/** Gives the free bytes of a folder's file system. */
export type FreeBytes = (folder: string) => number;

interface Options {
  /** Bytes that all downloads may take at once: who comes after waits. */
  readonly most?: number;
  readonly free?: FreeBytes | undefined;
}

/** Lets downloads begin only while their disks have room: the scratch space, and a storage of files. */
export class Room {
  private taken = 0;
  private readonly waiting: { readonly bytes: number; readonly admitted: (fits: boolean) => void }[] = [];
  private looked = { at: -Infinity, free: Infinity };
  private readonly most: number;
  private readonly free: FreeBytes;

  constructor(
    private readonly folders: readonly string[],
    { most = Infinity, free = freeBytes }: Options = {},
  ) {
    this.most = most;
    this.free = free;
  }

  /**
   * Runs a download of so many bytes once it is its turn: in the order of their coming, and one that is larger than all
   * may be goes alone. Throws LacksError, at once, when it and those that run may fill a disk.
   */
  async use<T>(download: () => Promise<T>, bytes = DOWNLOAD): Promise<T> {
    const counted = Math.min(bytes, this.most);
    const { promise: turn, resolve: admitted } = Promise.withResolvers<boolean>();
    this.waiting.push({ bytes: counted, admitted });
    this.admit();
    try {
      if (!(await turn)) throw new LacksError('the disk has no room for another zip');
      return await download();
    } finally {
      this.taken -= counted;
      this.admit();
    }
  }

  private admit(): void {
    for (let next = this.waiting[0]; next && this.taken + next.bytes <= this.most; next = this.waiting[0]) {
      this.waiting.shift();
      this.taken += next.bytes;
      // Told here and now: those that come after are not to be counted.
      next.admitted(this.look() >= FLOOR + this.taken);
    }
  }

  /** The free bytes of the fullest disk. */
  private look(): number {
    const now = performance.now();
    if (now - this.looked.at >= LOOK)
      this.looked = { at: now, free: Math.min(...this.folders.map((folder) => this.free(folder))) };
    return this.looked.free;
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
