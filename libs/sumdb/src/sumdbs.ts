import type { SumdbConfig } from '#libs/config';
import { RefusalError } from '#libs/protocol';
import { sumdbKey, type MetaStore } from '#libs/storage';
import { SumdbClient } from './sumdb-client.js';
import { verifierKeyOf } from './verifier-key.js';

/** Asks a database by whatever way leads to it. Throws RefusalError: `not-found` for a 404 or 410. */
export type AskDatabase = (
  database: SumdbConfig,
  path: string,
  context: { readonly signal: AbortSignal },
) => Promise<{ readonly bytes: Buffer }>;

/** The checksum databases of a worker: one client for each whose verifier key is known. */
export class Sumdbs {
  private readonly clients = new Map<string, SumdbClient>();

  /** `proxied` are those whose answers are kept for clients. */
  constructor(
    private readonly proxied: readonly SumdbConfig[],
    private readonly meta: MetaStore,
    private readonly ask: AskDatabase,
  ) {}

  /** The client of a database, always the same one for a key; null when its key is not known: it proves nothing. */
  client(database: SumdbConfig): SumdbClient | null {
    const verifierKey = verifierKeyOf(database);
    if (verifierKey === null) return null;
    const client =
      this.clients.get(verifierKey) ??
      new SumdbClient({
        verifierKey,
        meta: this.meta,
        remote: (path, context) => this.ask(database, path, context),
      });
    this.clients.set(verifierKey, client);
    return client;
  }

  /** Stores the answer to a path of a proxied database: verified, or as it comes where nobody told its key. */
  async keep(name: string, path: string, signal: AbortSignal): Promise<void> {
    const database = this.proxied.find((one) => one.name === name);
    if (!database) throw new RefusalError('not-found', `${name}: this checksum database is not proxied here`);
    const client = this.client(database);
    if (client) return client.keep(path, signal);
    const { bytes } = await this.ask(database, path, { signal });
    await this.meta.put(sumdbKey(name, path), bytes, path === 'latest' ? 'replace' : 'create');
  }
}
