import type { ModuleVersion } from '#libs/protocol';
import { parseReceiptKey, receiptKey, RECEIPTS_FOLDER, type MetaStore } from '#libs/storage';

/** A part of the catalog. */
export interface CatalogPage {
  readonly versions: readonly ModuleVersion[];
  /** The last version of this page, after which the next one begins; null when this is the end. */
  readonly last: ModuleVersion | null;
}

/**
 * All complete versions, in the order of their receipts' keys. A page says where the next begins by what it ends
 * with: a version that is there throughout is on exactly one page, whatever comes and goes meanwhile.
 */
export class VersionCatalog {
  constructor(private readonly meta: MetaStore) {}

  /** At most `size` versions after a version, or from the beginning. */
  async page(after: ModuleVersion | null, size: number): Promise<CatalogPage> {
    const versions: ModuleVersion[] = [];
    for await (const { key } of this.meta.list(RECEIPTS_FOLDER, after ? receiptKey(after) : undefined)) {
      const version = parseReceiptKey(key);
      if (version === null) continue;
      // One more than fits tells that there is a next page.
      if (versions.length === size) return { versions, last: versions.at(-1) ?? null };
      versions.push(version);
    }
    return { versions, last: null };
  }
}
