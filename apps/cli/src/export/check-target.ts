import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { UsageFailure } from '../expected-failure.js';

/** Names of unfinished files: an export that was killed may have left such. */
const UNFINISHED = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/**
 * Throws UsageFailure for what is no folder, and for one in which an export would do harm: in a folder of the storage,
 * whose lists and unfinished files it would take for its own, or with a `.tmp` of somebody else's, which it removes at
 * its end.
 */
export function checkTarget(root: string, storageFolders: readonly string[]): void {
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new UsageFailure(`${root} is no folder`);
  const real = existsSync(root) ? realpathSync(root) : root;
  if (storageFolders.some((folder) => `${real}${sep}`.startsWith(`${realpathSync(folder)}${sep}`)))
    throw new UsageFailure(`${root} is in the storage itself, which can be served as it is`);
  const unfinished = join(real, '.tmp');
  if (existsSync(unfinished) && !readdirSync(unfinished).every((name) => UNFINISHED.test(name)))
    throw new UsageFailure(`${unfinished} has files that are of no export, which needs that folder`);
}
