import type { Catalog, Found } from '#libs/catalog';
import type { Config } from '#libs/config';
import type { Metrics } from '#libs/observability';
import { RefusalError, type ModuleRequest, type ModuleVersion, type Refusal } from '#libs/protocol';
import { dedupId, subjectOf, type Answer, type JobQueue, type JobRequest, type Renewal } from '#libs/queue';
import type { Choose } from '#libs/storage';
import type { DeletedVersions } from './deleted-versions.js';

/** Where an answer came from, as X-Stoa-Cache says it. */
export type CacheLabel = 'memory' | 'disk' | 'storage' | 'stale' | 'fetched' | 'negative';

/** A file to send. */
export interface Served {
  readonly found: Found;
  readonly cache: CacheLabel;
}

/** Who asks, and for which part. */
export interface Asker {
  readonly requestId: string;
  /** Absent: the whole file. */
  readonly choose?: Choose | undefined;
  /** Only what is stored is wanted, whatever its age: no job, no queue, no refusal kept. */
  readonly cachedOnly: boolean;
  /** A signal that is aborted when its client goes away: what waits for an answer asks for it. */
  readonly left: () => AbortSignal;
}

/** A refusal with what its headers need: whether it was a kept one, and how long it holds in milliseconds. */
export class RefusedAnswer extends RefusalError {
  readonly cached: boolean;
  readonly holds: number;

  constructor({ kind, message }: Refusal, { cached, holds }: Pick<Answer, 'cached' | 'holds'>) {
    super(kind, message);
    this.cached = cached ?? false;
    this.holds = holds ?? 0;
  }
}

/** The whole life of a module request. */
export class ProxyService {
  private readonly fetchingRest = new Set<string>();

  constructor(
    private readonly catalog: Catalog,
    private readonly queue: JobQueue,
    private readonly config: Config,
    private readonly metrics: Metrics,
    private readonly deleted: Pick<DeletedVersions, 'take'>,
  ) {}

  /** Answers from storage; a miss, or what has grown old, goes through the queue. Throws RefusalError. */
  async answer(request: ModuleRequest, asker: Asker): Promise<Served> {
    const found = await this.catalog.find(request, asker.choose);
    this.metrics.cacheLookups.inc({ kind: request.kind, result: !found ? 'miss' : found.fresh > 0 ? 'hit' : 'stale' });
    if (found && found.fresh > 0) return { found, cache: found.tier };
    if (this.config.offline || asker.cachedOnly) return this.fromStorage(request, found, asker);

    const answer = await this.run(request, asker, found);
    const { outcome } = answer;

    const now = await this.catalog.find(request, asker.choose); // the truth is in storage, whatever the outcome
    // After the look, so that no job takes the processor from those who are answered now.
    if (outcome.ok && request.kind === 'zip') void this.fetchRest(request, asker.requestId);
    else if (outcome.ok && 'version' in request) void this.enlist(request, asker.requestId);
    if (now) return { found: now, cache: outcome.ok || now.fresh > 0 ? 'fetched' : 'stale' };
    if (!outcome.ok) throw new RefusedAnswer(outcome, answer);
    throw new RefusalError('busy', `${subject(request)}: removed while it was fetched, try again`);
  }

  private async run(request: ModuleRequest, { requestId, left }: Asker, found: Found | null): Promise<Answer> {
    const wait = found ? this.config.refreshWait : this.config.waitTimeout;
    const stored = (): Promise<boolean> => this.catalog.answers(request);
    const seen = found?.stat.modified.getTime() ?? 0;
    return this.queue.run(jobFor(request, { seen }), { requestId, wait, stored, left: left() });
  }

  /** Has the stored list made anew, however fresh it is, for a version that was deleted and is stored again. */
  private async enlist(version: ModuleVersion, requestId: string): Promise<void> {
    if (!this.deleted.take(version)) return;
    const job = jobFor({ kind: 'list', module: version.module });
    await this.queue.run(job, { requestId, wait: this.config.waitTimeout, stored: never });
  }

  /**
   * Fetches what a client that asks for a zip asks for next, and what completes the version, unless the zip's job has.
   * Of all who waited for that job the first sees to it.
   */
  private async fetchRest({ module, version }: ModuleVersion, requestId: string): Promise<void> {
    const info = { kind: 'info', module, version } as const;
    const job = jobFor(info);
    const id = dedupId(job);
    if (this.fetchingRest.has(id)) return;
    this.fetchingRest.add(id);
    const stored = (): Promise<boolean> => this.catalog.has(info);
    // A broken storage is told to those who ask.
    if (!(await stored().catch(() => true)))
      await this.queue.run(job, { requestId, wait: this.config.waitTimeout, stored });
    await this.enlist(info, requestId);
    this.fetchingRest.delete(id);
  }

  /** The answer without the queue: what is stored, whatever its age, and what follows from the stored versions. */
  private async fromStorage(request: ModuleRequest, stale: Found | null, { choose }: Asker): Promise<Served> {
    if (request.kind === 'list') {
      const list = await this.catalog.storedList(request.module, choose);
      if (list) return { found: list, cache: 'storage' };
    }
    if (stale) return { found: stale, cache: 'stale' };
    if (request.kind === 'latest') {
      const latest = await this.catalog.storedLatest(request.module, choose);
      if (latest) return { found: latest, cache: 'storage' };
    }
    throw notStored(subject(request), this.config.offline);
  }
}

/** The job alone answers, not what is stored. */
async function never(): Promise<boolean> {
  return false;
}

/** The refusal of what is not stored where nothing may be fetched: ever, or for this request. */
export function notStored(asked: string, offline: boolean): RefusalError {
  const reason = offline ? 'not stored, and this proxy is offline' : 'not stored, and fetching is disabled';
  return new RefusalError('not-found', `${asked}: ${reason}`);
}

/** The job that makes the answer to a request; where answers grow old, in any case or if that one is still the last. */
export function jobFor(request: ModuleRequest, last: Renewal = {}): JobRequest {
  switch (request.kind) {
    case 'list':
      return { name: 'query.list', payload: { module: request.module, ...last } };
    case 'latest':
      return { name: 'query.latest', payload: { module: request.module, ...last } };
    case 'query':
      return { name: 'query.revision', payload: { module: request.module, query: request.query, ...last } };
    case 'info':
    case 'mod':
      return { name: 'fetch.mod', payload: { module: request.module, version: request.version } };
    case 'zip':
      return { name: 'fetch.zip', payload: { module: request.module, version: request.version } };
  }
}

function subject(request: ModuleRequest): string {
  return subjectOf(jobFor(request));
}
