import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { type Finished, runCommand } from './command.js';

/** A kept repository, and what go reads of it besides the history. */
export interface KeptSource {
  /** Its folder. */
  readonly repository: string;
  /** The commit that go found; absent when it found none, or does not say. */
  readonly commit?: string;
  /** Where the module's go.mod may be in that commit. */
  readonly goMods: readonly string[];
}

/** How much of a repository is read: the commits of all branches and tags, all that they lead to, that and all contents. */
export type Depth = 'commits' | 'history' | 'contents';

/** A commit graph would say that a commit is there which nobody can read. */
const LOOKS: Readonly<Record<Depth, readonly string[]>> = {
  commits: ['-c', 'core.commitGraph=false', 'rev-list', '--quiet', '--all'],
  history: ['-c', 'core.commitGraph=false', 'rev-list', '--objects', '--quiet', '--all'],
  contents: ['fsck', '--no-progress', '--no-dangling'],
};

/**
 * Where go looks for the go.mod of a module in a folder of its repository (cmd/go/internal/modfetch, findDir): there, or
 * below it in a folder of the major version.
 */
export function goModPaths(module: string, folder: string): string[] {
  const [, major] = /\/(v\d+)$/.exec(module) ?? [];
  return [join(folder, 'go.mod'), ...(major ? [join(folder, major, 'go.mod')] : [])];
}

/**
 * Tells whether git can't read a kept repository: without HEAD or objects, with a config that is none, with a `shallow`
 * that is gone or does not fit, with commits lost, or with a go.mod that go reads; and with what else is within the
 * depth. A repository that is not there, or is none of git's, is not damaged. Throws the signal's reason.
 */
export async function isDamaged(
  source: KeptSource,
  depth: Depth,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<boolean> {
  // By its name: the go command removes a folder that it could not make a repository of, and leaves its name.
  const name = await readFile(`${source.repository}.info`, 'utf8').catch(() => null);
  if (name === null) return false;
  if (createHash('sha256').update(name.trimEnd()).digest('hex') !== basename(source.repository)) return true;
  if (!name.startsWith('git')) return false;
  const look = await git(source.repository, LOOKS[depth], env, signal);
  return look.code !== 0 || hasLostGoMod(source, env, signal);
}

/**
 * Tells whether git can't read a go.mod that a commit has, as an object is that a power failure left empty. False where
 * the commit has none. Throws the signal's reason.
 */
export async function hasLostGoMod(
  { repository, commit, goMods }: KeptSource,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<boolean> {
  if (commit === undefined) return false;
  const listed = await git(repository, ['ls-tree', '--end-of-options', commit, ...goMods], env, signal);
  if (listed.code !== 0) return true;
  for (const [, blob] of listed.stdout.matchAll(/^\d+ blob ([0-9a-f]+)\t/gm)) {
    const { code } = await git(repository, ['cat-file', 'blob', blob!], env, signal);
    if (code !== 0) return true;
  }
  return false;
}

async function git(
  repository: string,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Finished> {
  const args = ['--git-dir', repository, ...words];
  // A user's configuration that is broken damages no repository.
  return runCommand({ binary: 'git', args, cwd: '/', env: { ...env, GIT_CONFIG_GLOBAL: '/dev/null' } }, signal);
}
