import { matchPrefixPatterns, type ModuleVersion } from '#libs/protocol';
import type { Checksums } from '#libs/sumdb';

/** The one module that the go command verifies whatever GONOSUMDB says. */
const TOOLCHAIN = 'golang.org/toolchain';

/** What a checksum database records of a version, and its name. */
export interface KnownChecksums extends Checksums {
  readonly database: string;
}

/** Looks up what a version must hash to; null when no database covers its module. Throws RefusalError. */
export type FindChecksums = (version: ModuleVersion, signal: AbortSignal) => Promise<KnownChecksums | null>;

/** The client of a checksum database, and its name. */
export interface ChecksumDatabase {
  readonly name: string;
  readonly client: { checksums(version: ModuleVersion, signal: AbortSignal): Promise<Checksums> };
}

/**
 * Makes the look-up of a worker. Modules that match `uncovered`, Go's glob patterns separated by commas (GONOSUMDB), are
 * named to no database; without a database (null) none are.
 */
export function createFindChecksums(database: ChecksumDatabase | null, uncovered: string): FindChecksums {
  return async (version, signal) => {
    if (database === null) return null;
    if (version.module !== TOOLCHAIN && matchPrefixPatterns(uncovered, version.module)) return null;
    return { ...(await database.client.checksums(version, signal)), database: database.name };
  };
}
