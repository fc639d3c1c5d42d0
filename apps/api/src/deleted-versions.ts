import { LRUCache } from 'lru-cache';
import type { ModuleVersion } from '#libs/protocol';
import { parseModuleKey } from '#libs/storage';

/** Versions that are remembered at most. For others, the list names what is stored again after STOA_LIST_TTL. */
const MOST = 10_000;

/**
 * The versions that `stoa delete` removed, and that nobody has fetched since. It took them out of the stored lists, too,
 * which count as fresh: when such a version is stored again, its list is to be made anew.
 */
export class DeletedVersions {
  private readonly names = new LRUCache<string, true>({ max: MOST });

  /** Remembers the versions whose files were deleted. */
  add(keys: readonly string[]): void {
    for (const key of keys) {
      const file = parseModuleKey(key);
      if (file && 'version' in file) this.names.set(nameOf(file), true);
    }
  }

  /** Tells whether a version was deleted, and forgets it. */
  take(version: ModuleVersion): boolean {
    return this.names.delete(nameOf(version));
  }
}

function nameOf({ module, version }: ModuleVersion): string {
  return `${module}@${version}`;
}
