import type { SumdbConfig } from '#libs/config';
import type { SumdbRequest } from '#libs/protocol';
import { ageOf, readPart, sumdbKey, type Choose, type MetaStore, type ObjectPart } from '#libs/storage';
import { folderOf } from './folder.js';

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
  private readonly folders: ReadonlyMap<string, string>;

  constructor(
    private readonly meta: MetaStore,
    private readonly latestTtl: number,
    databases: readonly SumdbConfig[],
  ) {
    this.folders = new Map(databases.map((database) => [database.name, folderOf(database)]));
  }

  /** The stored answer whatever its age, or null. */
  async find({ kind, name, path }: SumdbRequest, choose?: Choose): Promise<SumdbAnswer | null> {
    const key = (this.folders.get(name) ?? sumdbKey(name, '')) + path;
    const part = await readPart({ stat: () => this.meta.stat(key), get: () => this.meta.get(key) }, choose);
    if (!part) return null;
    return { ...part, fresh: kind === 'latest' ? this.latestTtl - ageOf(part.stat) : Infinity };
  }
}
