import type { SumdbRequest } from '#libs/protocol';
import { sumdbKey, type MetaStore, type ObjectBody } from '#libs/storage';

/** A stored answer of a checksum database. */
export interface SumdbAnswer {
  readonly body: ObjectBody;
  /** Milliseconds that it still counts as fresh: Infinity for what never changes. */
  readonly fresh: number;
}

/**
 * The stored answers of the proxied checksum databases. Lookups and tiles never change (an old signed tree head in
 * a lookup is accepted by clients as past); `latest` grows old like a list.
 */
export class SumdbArchive {
  constructor(
    private readonly meta: MetaStore,
    private readonly latestTtl: number,
  ) {}

  /** The stored answer whatever its age, or null. */
  async find({ kind, name, path }: SumdbRequest): Promise<SumdbAnswer | null> {
    const body = await this.meta.get(sumdbKey(name, path));
    if (!body) return null;
    return { body, fresh: kind === 'latest' ? body.stat.modified.getTime() + this.latestTtl - Date.now() : Infinity };
  }

  /** Stores an answer: `latest` replaces the former one, the others are created once. */
  async save(name: string, path: string, bytes: Buffer): Promise<void> {
    await this.meta.put(sumdbKey(name, path), bytes, path === 'latest' ? 'replace' : 'create');
  }
}
