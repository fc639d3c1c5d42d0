import { matchPrefixPatterns, unescapePath } from '#libs/protocol';
import type { ObjectEntry, ObjectStore } from '#libs/storage';

/** Comes right after all that is no module file: see the storage tree. */
const AFTER_META = '.meta0';

/** Which module files are wanted. */
export interface Wanted {
  /** Go's glob patterns, separated by commas; absent: all modules. */
  readonly globs?: string | undefined;
  /** Those stored at or after it; absent: all. */
  readonly since?: Date | undefined;
}

/** A stored `.info`, `.mod` or `.zip`. */
export interface StoredFile extends ObjectEntry {
  readonly module: string;
}

/** Gives the files that never change of all modules that are wanted, in the order of their keys. */
export async function* moduleFiles(objects: ObjectStore, { globs, since }: Wanted): AsyncGenerator<StoredFile> {
  for await (const entry of objects.list('', AFTER_META)) {
    const [, escaped] = /^(.+)\/@v\/[^/]+\.(?:info|mod|zip)$/.exec(entry.key) ?? [];
    const module = escaped === undefined ? null : unescapePath(escaped);
    if (module === null || (globs !== undefined && !matchPrefixPatterns(globs, module))) continue;
    if (since === undefined || entry.modified >= since) yield { ...entry, module };
  }
}
