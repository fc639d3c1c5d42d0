import { realpath } from 'node:fs/promises';

import type { VcsCredentials } from '#libs/config';

/** A path as `reasonFrom` knows one: in a text it ends where such a path ends. */
const STAND_IN = '/local/path';

/**
 * Finds the paths of this machine that go and git may name: the data folder, where their environment points to, and the
 * credential files, by their real names too.
 */
export async function findPaths(
  dataDir: string,
  vcs: VcsCredentials,
  env: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const named = [dataDir, ...Object.values(env), ...Object.values(vcs)].filter((value) => /^\/[^/]/.test(value));
  const real = await Promise.all(named.map((path) => realpath(path).catch(() => path)));
  // The longer first: one may be the head of another.
  return [...new Set([...named, ...real])].sort((one, other) => other.length - one.length);
}

/**
 * Takes known paths out of what go and git say: nobody can tell from a text alone where a path ends that has spaces,
 * quotes or colons in it.
 */
export function withoutPaths(text: string, paths: readonly string[]): string {
  return paths.reduce(without, text);
}

/** Leaves what only goes on with the same names: a module path, a URL. */
function without(text: string, path: string): string {
  return text.split(path).reduce((head, tail) => `${head}${/[\w.~-]$/.test(head) ? path : STAND_IN}${tail}`);
}
