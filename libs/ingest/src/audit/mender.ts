import type { ModuleVersion } from '#libs/protocol';
import type { Storage } from '#libs/storage';
import type { Quarantine } from '../quarantine.js';
import type { Part, Report } from './finding.js';

interface Parts {
  readonly storage: Pick<Storage, 'objects' | 'modules'>;
  readonly quarantine: Quarantine;
  /** Tells all gateways to forget these keys. */
  readonly tell: (keys: readonly string[]) => Promise<void>;
  /** Fetches what is not stored of a version, as for a client. Gives why it could not be had, or null. */
  readonly fetch: (job: 'fetch.mod' | 'fetch.zip', version: ModuleVersion) => Promise<string | null>;
}

/** What became of what was found. */
export interface Mending {
  /** `kept`: nothing was done, for nothing is to be gained by it. */
  readonly outcome: 'mended' | 'quarantined' | 'failed' | 'kept';
  /** Why it could not be mended whole. */
  readonly why: string | null;
}

/** Mends what an audit found: damage goes to quarantine, gateways forget it, and what is missing is fetched again. */
export class Mender {
  constructor(private readonly parts: Parts) {}

  async mend(report: Report): Promise<Mending> {
    const { damaged, orphans, version, missing } = report;
    if (damaged.length + orphans.length + missing.length === 0) return { outcome: 'kept', why: null };
    const { quarantine, tell, storage } = this.parts;
    const moved: string[] = [];
    try {
      for (const damage of damaged) if (await quarantine.move(damage, damage.reason)) moved.push(damage.key);
      for (const orphan of orphans) await storage.objects.delete(orphan);
    } finally {
      // Those that were moved before one that could not be are gone all the same.
      if (moved.length > 0) await tell(moved);
    }
    const why = version && (await this.restore(version, report));
    if (why === null) return { outcome: 'mended', why };
    return { outcome: moved.length > 0 ? 'quarantined' : 'failed', why };
  }

  /** Stores again what is lacking of a version. Gives the first reason why something of it can't be had, or null. */
  private async restore(version: ModuleVersion, { damaged, missing, goMod }: Report): Promise<string | null> {
    const lacking = new Set<string>([...missing, ...damaged.map(({ part }) => part)]);
    const lacks = (...parts: Part[]): boolean => parts.some((part) => lacking.has(part));
    if (goMod && lacks('mod')) {
      await this.parts.storage.modules.save({ kind: 'mod', ...version }, goMod, goMod.length);
      lacking.delete('mod');
    }
    const reasons = [
      lacks('info', 'mod') ? await this.parts.fetch('fetch.mod', version) : null,
      lacks('zip', 'receipt', 'index') ? await this.parts.fetch('fetch.zip', version) : null,
    ];
    return reasons.find((reason) => reason !== null) ?? null;
  }
}
