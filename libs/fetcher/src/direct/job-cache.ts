import { copyFile, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { escapePath, escapeVersion, type ModuleVersion } from '#libs/protocol';

/**
 * Makes a module cache (GOMODCACHE) for one download, of which nothing is to stay. The go command keeps each zip that
 * it makes and extracts it, and can't be told not to: here both vanish with the job, whatever happens to it, and are
 * in no other job's way. The repositories are those of the kept cache, and what it knows of the version is copied, so
 * that the version need not be looked up in its repository again.
 */
export async function makeJobCache(folder: string, kept: string, { module, version }: ModuleVersion): Promise<void> {
  const files = join('cache', 'download', escapePath(module), '@v');
  await mkdir(join(folder, files), { recursive: true });
  await symlink(join(kept, 'cache', 'vcs'), join(folder, 'cache', 'vcs'));
  for (const kind of ['info', 'mod']) {
    const file = join(files, `${escapeVersion(version)}.${kind}`);
    // Mostly it is there, for a client asks for the .mod first. Without it go looks for itself.
    await copyFile(join(kept, file), join(folder, file)).catch(() => null);
  }
}
