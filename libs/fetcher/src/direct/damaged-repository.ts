import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { runCommand } from './command.js';

/** How much of a repository is read: the commit of each branch and tag, all that they lead to, that and all contents. */
export type Depth = 'tips' | 'history' | 'contents';

const LOOKS: Readonly<Record<Depth, readonly string[]>> = {
  tips: ['for-each-ref', '--format=%(tree)'],
  history: ['rev-list', '--objects', '--quiet', '--all'],
  contents: ['fsck', '--no-progress', '--no-dangling'],
};

/**
 * Finds the kept repositories of a module that git can't read: without HEAD or objects, with a config that is none, or
 * with objects lost, as a truncated pack leaves it. Those whose address is the module's path, or the head of it: one
 * that a go-import page of another host names is not found. Throws the signal's reason.
 */
export async function damagedRepositories(
  vcs: string,
  module: string,
  depth: Depth,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string[]> {
  const damaged: string[] = [];
  // By their names: the go command removes a folder that it could not make a repository of, and leaves its name.
  const names = (await readdir(vcs).catch(() => [])).filter((name) => /^[0-9a-f]+\.info$/.test(name));
  for (const name of names) {
    if (!isOf(module, await readFile(join(vcs, name), 'utf8').catch(() => ''))) continue;
    const repository = join(vcs, name.replace('.info', ''));
    const args = ['--git-dir', repository, ...LOOKS[depth]];
    // A user's configuration that is broken damages no repository.
    const own = { ...env, GIT_CONFIG_GLOBAL: '/dev/null' };
    const { code } = await runCommand({ binary: 'git', args, cwd: vcs, env: own }, signal);
    if (code !== 0) damaged.push(repository);
  }
  return damaged;
}

/**
 * Tells whether a repository has a file in a commit that git can't read, as an object is that a power failure left empty.
 * False where there is no such file. Throws the signal's reason.
 */
export async function hasLost(
  repository: string,
  commit: string,
  path: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<boolean> {
  const git = (...words: string[]) =>
    runCommand({ binary: 'git', args: ['--git-dir', repository, ...words], cwd: repository, env }, signal);
  const { code } = await git('cat-file', 'blob', '--end-of-options', `${commit}:${path}`);
  if (code === 0) return false;
  const listed = await git('ls-tree', '--end-of-options', commit, path);
  return listed.code !== 0 || listed.stdout !== '';
}

/** `info` is go's note beside the repository: `git3:<url>`. */
function isOf(module: string, info: string): boolean {
  const [, root] = /^git\d+:[a-z+]+:\/\/(?:[^/@]*@)?(.+?)(?:\.git)?$/.exec(info) ?? [];
  return root !== undefined && `${module}/`.startsWith(`${root}/`);
}
