import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Older than any job: what is still there then is of a worker that died. */
const LEFT_OVER = 24 * 60 * 60_000;

/**
 * Gives `work` a module cache (GOMODCACHE) for one command, with the kept repositories (`vcs`) in it, and removes it
 * afterwards. The go command keeps each `.info`, `.mod` and zip that it makes, and extracts the zip, and can't be told
 * not to: here all of it vanishes with the job, whatever happens to it, and is in no other job's way. That it does not
 * know the `.info` of an earlier one costs no request (measured: a page and one ls-remote either way).
 */
export async function withJobCache<T>(parent: string, vcs: string, work: (modules: string) => Promise<T>): Promise<T> {
  const modules = join(parent, `modules-${randomUUID()}`);
  try {
    await mkdir(join(modules, 'cache'), { recursive: true });
    await symlink(vcs, join(modules, 'cache', 'vcs'));
    return await work(modules);
  } finally {
    await rm(modules, { recursive: true, force: true });
  }
}

/** Removes the caches of workers that died. */
export async function sweepJobCaches(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const folder = join(parent, name);
    const made = await stat(folder).catch(() => null);
    if (made && Date.now() - made.mtimeMs > LEFT_OVER) await rm(folder, { recursive: true, force: true });
  }
}
