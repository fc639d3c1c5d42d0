import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Makes a module cache (GOMODCACHE) for one download, with the repositories of the kept one. The go command keeps each
 * zip that it makes and extracts it, and can't be told not to: here both vanish with the job, whatever happens to it,
 * and are in no other job's way. That it does not know the `.info` of the kept cache costs no request (measured: a
 * page and one ls-remote either way).
 */
export async function makeJobCache(folder: string, kept: string): Promise<void> {
  await mkdir(join(folder, 'cache'), { recursive: true });
  await symlink(join(kept, 'cache', 'vcs'), join(folder, 'cache', 'vcs'));
}
