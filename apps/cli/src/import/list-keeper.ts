interface Entry {
  /** Versions that are being imported. */
  pending: number;
  /** Those that are to be added. */
  readonly stored: string[];
  adding: boolean;
}

/**
 * Sees to it that stored versions are listed: adds those of a module to its list when none of them is under way any
 * more, once at a time. So it holds no more than what is under way, and after an interrupted import what was imported
 * is listed.
 */
export class ListKeeper {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly add: (module: string, versions: readonly string[]) => Promise<void>) {}

  /** Runs the import of a version of a module, which tells whether it is to be listed. */
  async during(module: string, version: string, work: () => Promise<boolean>): Promise<void> {
    const entry = this.entries.get(module) ?? { pending: 0, stored: [], adding: false };
    this.entries.set(module, entry);
    entry.pending++;
    try {
      if (await work()) entry.stored.push(version);
    } finally {
      entry.pending--;
      if (!entry.adding) await this.addAll(module, entry);
    }
  }

  /** A list is read and written: who adds to it at the same time would undo the other. */
  private async addAll(module: string, entry: Entry): Promise<void> {
    entry.adding = true;
    try {
      while (entry.pending === 0 && entry.stored.length > 0) await this.add(module, entry.stored.splice(0));
    } finally {
      entry.adding = false;
      if (entry.pending === 0) this.entries.delete(module);
    }
  }
}
