import { basename } from 'node:path';

import { RefusalError, type RefusalKind } from '#libs/protocol';
import type { FetchContext } from '../fetcher.js';
import { type Depth, isDamaged, type KeptSource } from './damaged-repository.js';
import { mendRepositories } from './kept-repositories.js';
import type { Log } from './log.js';
import type { VcsCache } from './vcs-cache.js';

/** How often a command is run again: what was fetched anew just now is not damaged. */
const HEALS = 1;

/**
 * How a command fails when git can't read a kept repository, and how far that is then looked at: most of what is not found
 * is not there.
 */
const DEPTH: Readonly<Partial<Record<RefusalKind, Depth>>> = {
  'not-found': 'commits',
  upstream: 'history',
  internal: 'contents',
};

/** A refusal by the go command. */
export class GoRefusal extends RefusalError {
  constructor(
    kind: RefusalKind,
    message: string,
    /** The kept repository that may be to blame; null: none, or go does not say which. */
    readonly source: KeptSource | null,
  ) {
    super(kind, message);
  }
}

interface RepositoryHealerOptions {
  readonly kept: VcsCache;
  /** The kept repositories. */
  readonly vcs: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log?: Log;
}

/** Sees to it that no refusal is believed that is the fault of a damaged kept repository. */
export class RepositoryHealer {
  constructor(private readonly options: RepositoryHealerOptions) {}

  /**
   * Runs a command, once more when it is refused because of a repository that is then mended, or removed and fetched
   * anew. Refused once more for such a reason, it is a failure of this worker, whatever go says: go takes a commit or a
   * go.mod that it can't read for one that is not there.
   */
  async believable<T>(subject: string, context: FetchContext, run: () => Promise<T>): Promise<T> {
    for (let heals = 0; ; heals++) {
      try {
        return await run();
      } catch (error) {
        if (!(error instanceof GoRefusal) || !(await this.heal(error, subject, context))) throw error;
        if (heals === HEALS) throw damaged(subject, error.source);
      }
    }
  }

  /** Tells whether the refusal may be the fault of a kept repository, which is then mended, or gone. */
  private async heal(
    { kind, source }: GoRefusal,
    subject: string,
    { signal, requestId }: FetchContext,
  ): Promise<boolean> {
    const { kept, vcs, env, log } = this.options;
    const depth = DEPTH[kind];
    if (depth === undefined || signal.aborted) return false;
    if (kind === 'internal' && (await mendRepositories(vcs, env))) return true;
    if (source === null) return false;
    const isSo = (): Promise<boolean> => isDamaged(source, depth, env, signal);
    if (!(await isSo())) return false;
    // Once more, for a fetch may have been under way. Who has it now waits for its host, or does the same as this.
    const discarded = await kept.discard(source.repository, isSo);
    const repository = basename(source.repository);
    log?.('warn', 'kept repository damaged', { subject, requestId, repository, discarded });
    return true;
  }
}

/** What is said of an answer that can't be right. */
export function damaged(subject: string, source: KeptSource | null): GoRefusal {
  return new GoRefusal('internal', `${subject}: the kept repository is damaged`, source);
}
