import type { ModuleVersion } from '#libs/protocol';
import type { MetaStore } from '#libs/storage';

/** The go.sum hashes that a checksum database records for one version, each `h1:...`. */
export interface Checksums {
  readonly zip: string;
  readonly goMod: string;
}

/** Asks the database itself. Path: `lookup/...`, `tile/...`, `latest`. Throws RefusalError. */
export type Remote = (path: string, context: { readonly signal: AbortSignal }) => Promise<{ readonly bytes: Buffer }>;

/** What a client is made of. */
export interface SumdbClientParts {
  readonly name: string;
  /** `name+hash+key`. */
  readonly verifierKey: string;
  readonly meta: MetaStore;
  readonly remote: Remote;
}

/** A verifying client of one checksum database. */
export class SumdbClient {
  constructor(readonly parts: SumdbClientParts) {}

  /** The hashes of this very version. Throws RefusalError: `forbidden` for a lie, else why they can't be had. */
  async checksums({ module, version }: ModuleVersion, signal: AbortSignal): Promise<Checksums> {
    signal.throwIfAborted();
    throw new Error(`${module}@${version}: not built yet`);
  }
}
