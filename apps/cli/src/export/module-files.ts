import { matchPrefixPatterns, unescapePath } from '#libs/protocol';
import type { ObjectEntry, ObjectStore } from '#libs/storage';

/** Comes right after all that is no module file: see the storage tree. */
const AFTER_META = '.meta0';

/** A stored `.info`, `.mod` or `.zip`. */
export interface StoredFile extends ObjectEntry {
  readonly module: string;
}

/**
 * Gives the files that never change of all modules that match Go's glob patterns, separated by commas, in the order of
 * their keys; undefined: of all modules.
 */
export async function* moduleFiles(objects: ObjectStore, globs: string | undefined): AsyncGenerator<StoredFile> {
  for await (const entry of objects.list('', AFTER_META)) {
    const [, escaped] = /^(.+)\/@v\/[^/]+\.(?:info|mod|zip)$/.exec(entry.key) ?? [];
    const module = escaped === undefined ? null : unescapePath(escaped);
    if (module === null || (globs !== undefined && !matchPrefixPatterns(globs, module))) continue;
    yield { ...entry, module };
  }
}
