import { formatRfc3339, type ModuleVersion } from '#libs/protocol';
import { INDEX_HOLD_BACK, indexKey, receiptKey, type MetaStore } from '#libs/storage';
import { readReceipt, type Receipt } from './receipt.js';

/** Longest time from a stamp to its entry, in milliseconds. The stamp may have some age of its own. */
const LATE = INDEX_HOLD_BACK / 2;
/** How often an entry that came late is written anew. */
const ROUNDS = 5;
const EMPTY = Buffer.alloc(0);

/** What is kept of a version besides when it was complete. */
export type Facts = Omit<Receipt, 'stored'>;

/**
 * Stamps a version with the time of the clock that all workers share, in nanoseconds since the epoch. Who stamps the
 * same version within a second or two gets the same time.
 */
export type Stamp = (version: ModuleVersion) => Promise<bigint>;

/**
 * Enters versions whose three files are stored: the receipt, which says when, then the index entry of that time. A
 * version has one of each, however many jobs enter it at once (they get one stamp) and wherever one of them died.
 */
export class Ledger {
  constructor(
    private readonly meta: MetaStore,
    private readonly stamp: Stamp,
    /** Whether the files of a version are still stored. */
    private readonly isStored: (version: ModuleVersion) => Promise<boolean>,
  ) {}

  /** Enters a version, unless it is entered. */
  async enter(facts: Facts): Promise<void> {
    if (!(await this.write(facts, 'create', ROUNDS))) await this.amend(facts);
  }

  /** Makes sure that a receipt has its index entry. False: there is no receipt. */
  async amend(version: ModuleVersion, rounds = ROUNDS): Promise<boolean> {
    const receipt = await readReceipt(this.meta, version);
    if (receipt === null) return false;
    const entry = await this.meta.get(indexKey(receipt.stored, version));
    // A new time, for readers may have gone past the one that the receipt says.
    return entry !== null || this.write(receipt, 'replace', rounds);
  }

  /** False: `create` met a receipt. */
  private async write(facts: Facts, mode: 'create' | 'replace', rounds: number): Promise<boolean> {
    const stored = formatRfc3339(await this.stamp(facts));
    const begun = performance.now();
    const receipt = Buffer.from(`${JSON.stringify({ ...facts, stored } satisfies Receipt, null, 2)}\n`);
    const written = await this.meta.putInTurn([
      { key: receiptKey(facts), bytes: receipt, mode },
      { key: indexKey(stored, facts), bytes: EMPTY, mode: 'create' },
    ]);
    if (written === 0) return false;
    // Removed meanwhile: a removal takes the files first, so it may have looked for a receipt before this one was there.
    if (!(await this.isStored(facts))) {
      await this.meta.delete(indexKey(stored, facts));
      await this.meta.delete(receiptKey(facts));
      return true;
    }
    if (rounds > 1 && performance.now() - begun > LATE) {
      await this.meta.delete(indexKey(stored, facts));
      await this.amend(facts, rounds - 1);
    }
    return true;
  }
}
