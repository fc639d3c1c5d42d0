interface Entry {
  /** Versions that are being imported. */
  pending: number;
  readonly stored: string[];
}

/**
 * Sees to it that stored versions are listed: adds those of a module to its list when none of them is under way any
 * more. So it holds no more than what is under way, and after an interrupted import what was imported is listed.
 */
export class ListKeeper {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly add: (module: string, versions: readonly string[]) => Promise<void>) {}

  /** Runs the import of a version of a module, which tells whether it is stored. */
  async during(module: string, version: string, work: () => Promise<boolean>): Promise<void> {
    const entry = this.entries.get(module) ?? { pending: 0, stored: [] };
    this.entries.set(module, entry);
    entry.pending++;
    try {
      if (await work()) entry.stored.push(version);
    } finally {
      entry.pending--;
      if (entry.pending === 0) {
        this.entries.delete(module);
        if (entry.stored.length > 0) await this.add(module, entry.stored);
      }
    }
  }
}
