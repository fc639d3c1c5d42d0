import { execFileSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own, in memory. */
export interface SmallDisk {
  readonly folder: string;
  /** Leaves room for so many more names of files and folders. */
  leaveNames(count: number): void;
  close(): Promise<void>;
}

/** Whether this user may mount. */
export const canMount = process.getuid?.() === 0 && tryMount();

/** Mounts a file system of so many bytes. */
export async function mountSmallDisk(bytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], { stdio: 'pipe' });
  return {
    folder,
    leaveNames(count) {
      const { files, ffree } = statfsSync(folder);
      execFileSync('mount', ['-o', `remount,nr_inodes=${files - ffree + count}`, folder], { stdio: 'pipe' });
    },
    async close() {
      execFileSync('umount', ['-l', folder], { stdio: 'pipe' });
      await rm(folder, { recursive: true });
    },
  };
}

/** In a namespace of its own: a container's root may lack the right. */
function tryMount(): boolean {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}
