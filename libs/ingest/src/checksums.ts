import { ConfigError, type Config } from '#libs/config';
import { isUnnamed, RefusalError, type ModuleVersion } from '#libs/protocol';
import type { Checksums, Sumdbs } from '#libs/sumdb';

/** What a checksum database records of a version, and its name. */
export interface KnownChecksums extends Checksums {
  readonly database: string;
}

/** Looks up what a version must hash to; null when no database covers its module. Throws RefusalError. */
export type FindChecksums = (version: ModuleVersion, signal: AbortSignal) => Promise<KnownChecksums | null>;

/** The client of a checksum database, and its name. */
export interface ChecksumDatabase {
  readonly name: string;
  /** Milliseconds that a look-up may take: answers, tiles and its turn. */
  readonly limit: number;
  readonly client: { checksums(version: ModuleVersion, signal: AbortSignal): Promise<Checksums> };
}

/**
 * Makes the look-up of a worker. Modules that match `uncovered`, Go's glob patterns separated by commas (GONOSUMDB), are
 * named to no database.
 */
export function createFindChecksums(database: ChecksumDatabase, uncovered: string): FindChecksums {
  return async (version, signal) => {
    if (isUnnamed(version.module, uncovered)) return null;
    return { ...(await lookUp(database, version, signal)), database: database.name };
  };
}

/** A file may take many minutes to come, but who asks what it must be is not kept waiting as long as that. */
async function lookUp(
  { name, client, limit }: ChecksumDatabase,
  version: ModuleVersion,
  signal: AbortSignal,
): Promise<Checksums> {
  const overtime = new AbortController();
  const end = (): void =>
    overtime.abort(
      new RefusalError(
        'timeout',
        `${version.module}@${version.version}: the checksum database ${name} does not answer within ${limit / 1000} s`,
      ),
    );
  const timer = setTimeout(end, limit);
  try {
    return await client.checksums(version, AbortSignal.any([signal, overtime.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Gives the look-up of checksums that the settings want; null: they want nothing verified. Throws ConfigError when they
 * name a database whose key nobody knows.
 */
export function configuredChecksums(
  { verifyAgainst, go, queryTimeout }: Pick<Config, 'verifyAgainst' | 'go' | 'queryTimeout'>,
  sumdbs: Sumdbs,
): FindChecksums | null {
  if (verifyAgainst === null) return null;
  const { name } = verifyAgainst;
  const client = sumdbs.client(verifyAgainst);
  if (client === null)
    throw new ConfigError([
      `GOSUMDB: no key is known of ${name}: write <name>+<hash>+<key>, or store unverified with STOA_VERIFY=off`,
    ]);
  // Empty is GOPRIVATE to go, also where STOA_GO_ENV empties it.
  return createFindChecksums({ name, client, limit: queryTimeout }, go.GONOSUMDB || go.GOPRIVATE);
}
