import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { runCommand } from './command.js';
import { underLock } from './repository-lock.js';

/** Folders of single objects, up to 256 a repository: git writes those without a lock. */
const LOOSE_OBJECTS = /\/vcs\/[0-9a-f]+\/objects\/[0-9a-f]{2}$/;

const NEVER = new AbortController().signal;

/**
 * Mends the repositories that the go command keeps (`<GOMODCACHE>/cache/vcs/<hash>`, bare) after a command was ended
 * in the middle: git's lock files, which make each later fetch fail or start from nothing, and a repository without
 * its remote, which go takes for a finished one. Does it under go's own lock of each repository, so that a lock file
 * that is found is nobody's; repositories in use are left alone. Tells whether there was anything to mend.
 */
export async function mendRepositories(vcs: string, env: Readonly<Record<string, string>>): Promise<boolean> {
  let mended = false;
  for (const repository of await repositoriesIn(vcs)) {
    if (!(await needsMending(repository))) continue;
    const held = await underLock(repository, env, async () => {
      for (const lock of await locksIn(repository)) await rm(lock, { force: true });
      const remote = await missingRemote(repository);
      if (remote === null) return;
      const args = ['-C', repository, 'remote', 'add', 'origin', '--', remote];
      await runCommand({ binary: 'git', args, cwd: vcs, env }, NEVER).catch(() => null);
    });
    mended ||= held;
  }
  return mended;
}

/** The folders of the kept repositories. Beside each are go's `<folder>.info`, which names it, and `<folder>.lock`. */
export async function repositoriesIn(vcs: string): Promise<string[]> {
  return (await entriesOf(vcs)).filter((name) => /^[0-9a-f]+$/.test(name)).map((name) => join(vcs, name));
}

async function needsMending(repository: string): Promise<boolean> {
  return (await locksIn(repository)).length > 0 || (await missingRemote(repository)) !== null;
}

/** Git's lock files lie beside what they protect: `shallow`, a ref, the list of packs. No ref may be called so. */
async function locksIn(folder: string): Promise<string[]> {
  const locks: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.name.endsWith('.lock')) locks.push(path);
    else if (entry.isDirectory() && !LOOSE_OBJECTS.test(path)) locks.push(...(await locksIn(path)));
  }
  return locks;
}

/** What `origin` should be, when the repository has none. Go notes it as `git3:<url>` beside the repository. */
async function missingRemote(repository: string): Promise<string | null> {
  if (!(await entriesOf(repository)).includes('objects')) return null;
  const config = await readFile(join(repository, 'config'), 'utf8').catch(() => '');
  if (config.includes('[remote "origin"]')) return null;
  const info = await readFile(`${repository}.info`, 'utf8').catch(() => '');
  return /^git\d+:(.+)$/.exec(info)?.[1] ?? null;
}

async function entriesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
