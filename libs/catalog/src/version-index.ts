import { formatRfc3339 } from '#libs/protocol';
import { INDEX_FOLDER, INDEX_HOLD_BACK, parseIndexKey, type MetaStore } from '#libs/storage';

/** An index line: a version and when it was complete, RFC 3339 with nanoseconds. */
export interface IndexEntry {
  readonly Path: string;
  readonly Version: string;
  readonly Timestamp: string;
}

const MILLISECOND = 1_000_000n;
const LAST_TIME = '9999-12-31T23:59:59.999999999Z';
/**
 * Held back in milliseconds when the shared clock does not answer and our own has to do. Then hardly a worker can
 * stamp anything new, so that little is held back in vain.
 */
const CLOCKLESS_HOLD_BACK = 60_000;

/** The order of arrival of all versions. Whoever reads on from the last time that it saw misses none. */
export class VersionIndex {
  /** clock: nanoseconds since the epoch by the clock that stamps the entries; rejects when it does not answer. */
  constructor(
    private readonly meta: MetaStore,
    private readonly clock: () => Promise<bigint>,
  ) {}

  /**
   * The first entries from a time on (nanoseconds since the epoch, inclusive), at most `limit`, by time, path and
   * version. What is so young that an earlier entry may still be written is held back.
   */
  async read(since: bigint, limit: number): Promise<IndexEntry[]> {
    const end = await this.settled();
    const entries: IndexEntry[] = [];
    for await (const { key } of this.meta.list(INDEX_FOLDER, `${INDEX_FOLDER}${keyTime(since)}/`)) {
      const entry = parseIndexKey(key);
      if (entry === null) continue;
      if (entry.time > end) break;
      // Keys of one time are not in the order of path and version: all of them are needed to tell the first.
      if (entries.length >= limit && entry.time !== entries.at(-1)?.Timestamp) break;
      entries.push({ Path: entry.module, Version: entry.version, Timestamp: entry.time });
    }
    return entries.sort(byTime).slice(0, limit);
  }

  /** The time up to which all entries are there. */
  private async settled(): Promise<string> {
    const now = await this.clock().then(
      (time) => time - BigInt(INDEX_HOLD_BACK) * MILLISECOND,
      () => BigInt(Date.now() - CLOCKLESS_HOLD_BACK) * MILLISECOND,
    );
    return keyTime(now);
  }
}

/** A time as keys have it, which are from the years 1970 to 9999. */
function keyTime(time: bigint): string {
  if (time < 0n) return formatRfc3339(0n);
  return time > 253_402_300_799_999_999_999n ? LAST_TIME : formatRfc3339(time);
}

function byTime(a: IndexEntry, b: IndexEntry): number {
  return compare(a.Timestamp, b.Timestamp) || compare(a.Path, b.Path) || compare(a.Version, b.Version);
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
