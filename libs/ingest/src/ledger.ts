import { formatRfc3339, type ModuleVersion } from '#libs/protocol';
import { INDEX_HOLD_BACK, indexKey, receiptKey, type ObjectStore, type SmallPut } from '#libs/storage';
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

interface Writing {
  readonly mode: 'create' | 'replace';
  readonly rounds: number;
  /** What is stored in front of the receipt. */
  readonly files: readonly SmallPut[];
}

/**
 * Enters versions whose three files are stored: the receipt, which says when, then the index entry of that time. A
 * version has one of each, however many jobs enter it at once (they get one stamp) and wherever one of them died.
 */
export class Ledger {
  constructor(
    private readonly objects: Pick<ObjectStore, 'get' | 'putInTurn' | 'delete'>,
    private readonly stamp: Stamp,
    /** Whether the files of a version are still stored. */
    private readonly isStored: (version: ModuleVersion) => Promise<boolean>,
  ) {}

  /**
   * Enters a version, unless it is entered. Files of it that are small may come with it: they are stored in front of the
   * receipt, in one series. Gives how many of them were: where one met another, the version is not entered.
   */
  async enter(facts: Facts, files: readonly SmallPut[] = []): Promise<number> {
    const written = await this.write(facts, { mode: 'create', rounds: ROUNDS, files });
    if (written === files.length) await this.amend(facts);
    return Math.min(written, files.length);
  }

  /** Makes sure that a receipt has its index entry. False: there is no receipt. */
  async amend(version: ModuleVersion, rounds = ROUNDS): Promise<boolean> {
    const receipt = await readReceipt(this.objects, version);
    if (receipt === null) return false;
    const entry = await this.objects.get(indexKey(receipt.stored, version));
    // A new time, for readers may have gone past the one that the receipt says.
    if (entry === null) await this.write(receipt, { mode: 'replace', rounds, files: [] });
    return true;
  }

  /** Gives how many objects were written. */
  private async write(facts: Facts, { mode, rounds, files }: Writing): Promise<number> {
    const stored = formatRfc3339(await this.stamp(facts));
    const begun = performance.now();
    const receipt = Buffer.from(`${JSON.stringify({ ...facts, stored } satisfies Receipt, null, 2)}\n`);
    const written = await this.objects.putInTurn([
      ...files,
      { key: receiptKey(facts), bytes: receipt, mode },
      { key: indexKey(stored, facts), bytes: EMPTY, mode: 'create' },
    ]);
    if (written <= files.length) return written;
    // Removed meanwhile: a removal takes the files first, so it may have looked for a receipt before this one was there.
    if (!(await this.isStored(facts))) {
      await this.objects.delete(indexKey(stored, facts));
      await this.objects.delete(receiptKey(facts));
    } else if (rounds > 1 && performance.now() - begun > LATE) {
      await this.objects.delete(indexKey(stored, facts));
      await this.amend(facts, rounds - 1);
    }
    return written;
  }
}
