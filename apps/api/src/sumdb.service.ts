import { isUnnamed, RefusalError, unescapePath, type SumdbRequest } from '#libs/protocol';
import type { Config } from '#libs/config';
import type { Metrics } from '#libs/observability';
import { subjectOf, type JobQueue, type JobRequest } from '#libs/queue';
import type { SumdbAnswer, SumdbArchive } from '#libs/sumdb';
import { notStored, RefusedAnswer, type Asker, type CacheLabel } from './proxy.service.js';

/** A database answer to send. */
export interface SumdbServed {
  readonly answer: SumdbAnswer;
  readonly cache: CacheLabel;
}

/** Answers for the proxied checksum databases: from the archive, else by a job. */
export class SumdbService {
  constructor(
    private readonly archive: SumdbArchive,
    private readonly queue: JobQueue,
    private readonly config: Config,
    private readonly metrics: Metrics,
  ) {}

  /**
   * True: this database is proxied here, so a client asks it through us alone. Answered locally, or the client would
   * ask the database itself and tell it of private modules. Offline, nothing is promised that can't be kept.
   */
  get supported(): boolean {
    return !this.config.offline;
  }

  /** A lookup, a tile or the latest tree head. Throws RefusalError. */
  async answer(request: SumdbRequest, { requestId, choose, cachedOnly, left }: Asker): Promise<SumdbServed> {
    this.refusePrivate(request);
    const found = await this.archive.find(request, choose);
    this.metrics.cacheLookups.inc({ kind: 'sumdb', result: !found ? 'miss' : found.fresh > 0 ? 'hit' : 'stale' });
    if (found && found.fresh > 0) return { answer: found, cache: found.tier };
    const job = jobFor(request);
    if (!this.config.offline && !cachedOnly) {
      const wait = found ? this.config.refreshWait : this.config.waitTimeout;
      const stored = async (): Promise<boolean> =>
        ((await this.archive.find(request, () => 'nothing'))?.fresh ?? 0) > 0;
      const ran = await this.queue.run(job, { requestId, wait, stored, left: left() });
      const now = await this.archive.find(request, choose);
      if (now) return { answer: now, cache: now.fresh > 0 ? 'fetched' : 'stale' };
      if (!ran.outcome.ok) throw new RefusedAnswer(ran.outcome, ran);
    }
    if (found) return { answer: found, cache: 'stale' };
    throw notStored(subjectOf(job), this.config.offline);
  }

  /** A private module's name must not reach a public database, even when a client forgot to say so. */
  private refusePrivate({ kind, path }: SumdbRequest): void {
    if (kind !== 'lookup') return;
    const module = unescapePath(path.slice('lookup/'.length, path.lastIndexOf('@')));
    if (module !== null && isUnnamed(module, this.config.go.GONOSUMDB)) {
      throw new RefusalError(
        'forbidden',
        `${module}: private (GONOSUMDB): set GONOSUMDB or GOPRIVATE for the go command too`,
      );
    }
  }
}

function jobFor({ kind, name, path }: SumdbRequest): JobRequest {
  switch (kind) {
    case 'lookup':
      return { name: 'sumdb.lookup', payload: { name, path } };
    case 'tile':
      return { name: 'sumdb.tile', payload: { name, path } };
    default:
      return { name: 'sumdb.latest', payload: { name, path } };
  }
}
