import type { Logger, Metrics } from '#libs/observability';
import type { RefusalError, ModuleVersion } from '#libs/protocol';
import type { FetchedText } from '#libs/fetcher';
import { moduleKey, readBody, type ModuleStore } from '#libs/storage';
import { commitOf } from './commit.js';
import { hashGoMod } from './h1.js';
import type { Judged, Quarantine } from './quarantine.js';
import type { Expectation, Verifier } from './verifier.js';

interface Parts {
  readonly modules: ModuleStore;
  readonly quarantine: Quarantine;
  /** Tells all gateways to forget keys. */
  readonly tell: (keys: readonly string[]) => Promise<void>;
  readonly verifier: Verifier;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** What is stored of a version already, when more of it comes: it stays, unless it is proven to be none to keep. */
export class KeptFiles {
  constructor(private readonly parts: Parts) {}

  /**
   * Sees to it that a verified `.mod` is stored; throws when another one is, unless somebody vouches for this one: then
   * the stored one goes to quarantine. Most often it was asked first: a look is cheaper than a put that comes second.
   */
  async keepMod(version: ModuleVersion, mod: FetchedText, expectation: Expectation | null): Promise<void> {
    if (await this.agrees(version, mod, expectation)) return;
    const { modules, metrics } = this.parts;
    const { bytes } = mod;
    if (await modules.save({ kind: 'mod', ...version }, bytes, bytes.length)) metrics.storedBytes.inc(bytes.length);
    else await this.agrees(version, mod, expectation);
  }

  /** Whether this very `.mod` is stored. */
  private async agrees(version: ModuleVersion, mod: FetchedText, expectation: Expectation | null): Promise<boolean> {
    const kept = await this.parts.modules.get({ kind: 'mod', ...version });
    if (kept === null) return false;
    const bytes = await readBody(kept.body);
    if (bytes.equals(mod.bytes)) return true;
    if (expectation === null) throw await this.otherMod(version, bytes, mod);
    const by = expectation.database ?? 'first seen';
    await this.setAside(version, 'mod', kept.stat, `stored: ${hashGoMod(bytes)}, ${by}: ${expectation.goMod}`);
    return false;
  }

  /** Ends the service of a stored file that is not what it must be: bytes to quarantine, gateways told. */
  async setAside(
    version: ModuleVersion,
    kind: 'mod' | 'zip',
    { etag }: Pick<Judged, 'etag'>,
    reason: string,
  ): Promise<void> {
    const { quarantine, tell, log } = this.parts;
    const key = moduleKey({ kind, ...version });
    const quarantined = await quarantine.move({ key, etag }, reason);
    if (quarantined === null) return;
    log.error(
      { ...version, file: kind, reason, quarantined },
      'SECURITY: a stored file is not what it must be: served no longer',
    );
    await tell([key]);
  }

  /** The refusal of a `.mod` that is not the one that is wanted. */
  private async otherMod(
    version: ModuleVersion,
    wanted: Buffer,
    { bytes, source }: FetchedText,
  ): Promise<RefusalError> {
    return this.parts.verifier.moved(version, {
      file: 'go.mod',
      source,
      wanted: hashGoMod(wanted),
      got: hashGoMod(bytes),
    });
  }

  /** Throws when the stored `.info` names another commit. A tag that moved may well have left the go.mod as it was. */
  async sameCommit(version: ModuleVersion, { bytes, source }: FetchedText): Promise<void> {
    const kept = await this.parts.modules.get({ kind: 'info', ...version });
    if (kept === null) return;
    const [wanted, got] = [commitOf(await readBody(kept.body)), commitOf(bytes)];
    if (wanted !== null && got !== null && wanted !== got)
      throw await this.parts.verifier.moved(version, { file: 'commit', source, wanted, got });
  }
}
