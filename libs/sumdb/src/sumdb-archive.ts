import type { SumdbRequest } from '#libs/protocol';
import { readPart, sumdbKey, type Choose, type MetaStore, type ObjectPart } from '#libs/storage';

/** A stored answer of a checksum database, or the part of it that was chosen. */
export interface SumdbAnswer extends ObjectPart {
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
  async find({ kind, name, path }: SumdbRequest, choose?: Choose): Promise<SumdbAnswer | null> {
    const key = sumdbKey(name, path);
    const part = await readPart({ stat: () => this.meta.stat(key), get: () => this.meta.get(key) }, choose);
    if (!part) return null;
    return {
      ...part,
      fresh: kind === 'latest' ? part.stat.modified.getTime() + this.latestTtl - Date.now() : Infinity,
    };
  }

  /** Stores an answer: `latest` replaces the former one, the others are created once. */
  async save(name: string, path: string, bytes: Buffer): Promise<void> {
    await this.meta.put(sumdbKey(name, path), bytes, path === 'latest' ? 'replace' : 'create');
  }
}
