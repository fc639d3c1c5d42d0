import type { Config } from '#libs/config';
import type { Sumdbs } from '#libs/sumdb';
import { createFindChecksums, type FindChecksums } from './checksums.js';

/** Gives the look-up of checksums that the settings want. Throws when they name a database whose key nobody knows. */
export function findChecksums({ verifyAgainst, go }: Config, sumdbs: Sumdbs): FindChecksums {
  // Empty is GOPRIVATE to go, also where STOA_GO_ENV empties it.
  const uncovered = go.GONOSUMDB || go.GOPRIVATE;
  if (verifyAgainst === null) return createFindChecksums(null, uncovered);
  const { name } = verifyAgainst;
  const client = sumdbs.client(verifyAgainst);
  if (client === null)
    throw new Error(
      `GOSUMDB: no key is known of ${name}: write <name>+<hash>+<key>, or store unverified with STOA_VERIFY=off`,
    );
  return createFindChecksums({ name, client }, uncovered);
}
