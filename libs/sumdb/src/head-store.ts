import { readBody, type MetaStore } from '#libs/storage';
import { RefusalError } from '#libs/protocol';
import type { TreeHead } from './tree-head.js';

/** Heads that other workers entered beyond the one that was known, smallest first. */
export interface Entered {
  /** Whether it was this call that stored the head. */
  readonly created: boolean;
  readonly others: readonly TreeHead[];
}

/**
 * The tree heads that the workers of a storage believe in, a file each, named by size. A storage can't compare and
 * swap, so nothing is replaced: a worker adds a head and then looks for larger ones. Of two workers that add heads at
 * the same time at least one sees the other's, and refuses its own unless both are of one log.
 */
export class HeadStore {
  constructor(
    private readonly meta: MetaStore,
    private readonly folder: string,
    private readonly open: (note: Buffer) => TreeHead,
  ) {}

  /** All heads, smallest first: the last is the newest that is known. */
  async all(): Promise<TreeHead[]> {
    return this.after(null, null);
  }

  /** Adds a head that is proven to continue `known`, and tells which others are larger than that. */
  async enter(head: TreeHead, known: TreeHead): Promise<Entered> {
    const created = await this.meta.put(this.key(head), head.note, 'create');
    // Another's of the same size may be another one.
    const others = await this.after(known, created ? head : null);
    return { created, others: others.filter(({ size, hash }) => size !== head.size || !hash.equals(head.hash)) };
  }

  /** Removes heads: one that was refused after all, or those that larger ones have followed. */
  async remove(heads: readonly TreeHead[]): Promise<void> {
    await Promise.all(heads.map((head) => this.meta.delete(this.key(head))));
  }

  private async after(known: TreeHead | null, own: TreeHead | null): Promise<TreeHead[]> {
    const heads: TreeHead[] = [];
    for await (const { key } of this.meta.list(this.folder, known ? this.key(known) : undefined)) {
      if (own && key === this.key(own)) continue;
      const stored = await this.meta.get(key);
      // Removed meanwhile by who has entered a larger one; not signed with today's key: of no worth to anybody.
      const head = stored && this.tryOpen(await readBody(stored.body));
      if (head && key === this.key(head)) heads.push(head);
    }
    return heads;
  }

  private tryOpen(note: Buffer): TreeHead | null {
    try {
      return this.open(note);
    } catch (error) {
      if (error instanceof RefusalError) return null;
      throw error;
    }
  }

  private key({ size }: TreeHead): string {
    return `${this.folder}${size.toString().padStart(20, '0')}`;
  }
}
