import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { runCommand } from './command.js';

/** How much of a repository is read: the commit of each branch and tag, or all that they lead to, without contents. */
export type Depth = 'tips' | 'history';

const LOOKS: Readonly<Record<Depth, readonly string[]>> = {
  tips: ['for-each-ref', '--format=%(tree)'],
  history: ['rev-list', '--objects', '--quiet', '--all'],
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
    const { code } = await runCommand({ binary: 'git', args, cwd: vcs, env }, signal);
    if (code !== 0) damaged.push(repository);
  }
  return damaged;
}

/** `info` is go's note beside the repository: `git3:<url>`. */
function isOf(module: string, info: string): boolean {
  const [, root] = /^git\d+:[a-z+]+:\/\/(?:[^/@]*@)?(.+?)(?:\.git)?$/.exec(info) ?? [];
  return root !== undefined && `${module}/`.startsWith(`${root}/`);
}
