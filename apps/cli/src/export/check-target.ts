import { realpathSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import { strangeUnfinished } from '#libs/storage';
import { UsageFailure } from '../expected-failure.js';

/**
 * Throws UsageFailure for what is no folder, and for one in which an export would do harm: in a folder of the storage,
 * whose lists and unfinished files it would take for its own, or where somebody else's files are in the place of
 * unfinished ones, which it removes at its end.
 */
export function checkTarget(root: string, storageFolders: readonly string[]): void {
  const found = statSync(root, { throwIfNoEntry: false });
  if (found && !found.isDirectory()) throw new UsageFailure(`${root} is no folder`);
  const real = found ? realpathSync(root) : root;
  if (storageFolders.some((folder) => `${real}${sep}`.startsWith(`${realpathSync(folder)}${sep}`)))
    throw new UsageFailure(`${root} is in the storage itself, which can be served as it is`);
  const strange = strangeUnfinished(real);
  if (strange !== null) throw new UsageFailure(`${strange} has files that are of no export, which needs that folder`);
}
