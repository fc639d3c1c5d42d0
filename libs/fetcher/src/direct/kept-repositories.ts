import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type Command, runCommand } from './command.js';

const NEVER = new AbortController().signal;

/**
 * Mends the repositories that the go command keeps (`<GOMODCACHE>/cache/vcs/<hash>`, bare) after a command was ended
 * in the middle: git's lock files, which make each later fetch fail or start from nothing, and a repository without
 * its remote, which go takes for a finished one. Does it under go's own lock of each repository (`<hash>.lock`, flock),
 * so that a lock file that is found is nobody's; repositories in use are left alone, all of them where there is no
 * flock command.
 */
export async function mendRepositories(vcs: string, env: Readonly<Record<string, string>>): Promise<void> {
  const underLock = async (repository: string, args: readonly string[]): Promise<void> => {
    const command: Command = { binary: 'flock', args: ['-n', `${repository}.lock`, ...args], cwd: vcs, env };
    await runCommand(command, NEVER).catch(() => null);
  };
  for (const entry of await entriesOf(vcs)) {
    if (!/^[0-9a-f]+$/.test(entry)) continue;
    const repository = join(vcs, entry);
    const files = await entriesOf(repository);
    const locks = files.filter((file) => file.endsWith('.lock')).map((file) => join(repository, file));
    if (locks.length > 0) await underLock(repository, ['rm', '-f', '--', ...locks]);

    const remote = files.includes('objects') ? await missingRemote(repository) : null;
    if (remote) await underLock(repository, ['git', '-C', repository, 'remote', 'add', 'origin', '--', remote]);
  }
}

/** What `origin` should be, when the repository has none. Go notes it as `git3:<url>` beside the repository. */
async function missingRemote(repository: string): Promise<string | null> {
  const config = await readFile(join(repository, 'config'), 'utf8').catch(() => '');
  if (config.includes('[remote "origin"]')) return null;
  const info = await readFile(`${repository}.info`, 'utf8').catch(() => '');
  return /^git\d+:(.+)$/.exec(info)?.[1] ?? null;
}

async function entriesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
