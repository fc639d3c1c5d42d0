import { freshQueries } from '#libs/catalog';
import type { Config } from '#libs/config';
import { parseList, RefusalError, type ModuleRequest } from '#libs/protocol';
import { dedupId, type Changes, type JobQueue, type Refusals } from '#libs/queue';
import { moduleKey, queryKey, readBody, type Storage } from '#libs/storage';
import { jobFor, RefusedAnswer } from './proxy.service.js';

interface Parts {
  readonly storage: Storage;
  readonly queue: JobQueue;
  readonly refusals: Refusals;
  readonly changes: Changes;
  readonly config: Config;
}

/** What became of a refresh. */
export interface Refreshed {
  readonly module: string;
  /** `list`, `@latest`, branches: what was asked anew and is stored. */
  readonly refreshed: readonly string[];
  /** What the sources do not have (any more); an older answer goes on being served. */
  readonly notFound: readonly string[];
}

/**
 * Makes the answers about a module new, for all gateways, by asking for them now: the old ones stay until then, and for
 * ever if the sources fail. Takes back what was refused of the module.
 */
export class RefreshService {
  constructor(private readonly parts: Parts) {}

  /** Refreshes list, `@latest` and the queries that still count as fresh. Throws the RefusalError of the first failure. */
  async refresh(module: string, requestId: string): Promise<Refreshed> {
    const { storage, queue, config } = this.parts;
    if (config.offline) throw new RefusalError('busy', `${module}: this proxy is offline`);
    // What is older is asked anew in any case.
    const queries = await freshQueries(storage.meta, module, config.listTtl);
    const requests: ModuleRequest[] = [
      { kind: 'list', module },
      { kind: 'latest', module },
      ...queries.map((query) => ({ kind: 'query' as const, module, query })),
    ];
    const asked = await Promise.all(
      requests.map(async (request) => {
        const options = { requestId, wait: config.waitTimeout, stored: () => Promise.resolve(false) };
        return { name: nameOf(request), ...(await queue.runAnew(jobFor(request), options)) };
      }),
    );
    // Told by the channel as well, but whoever gets this answer may ask this gateway before that.
    for (const request of requests) storage.forget(keyOf(request));
    await this.takeBack(module);

    const [list, ...others] = asked;
    for (const { outcome, cached } of asked) {
      if (!outcome.ok && outcome.kind !== 'not-found') throw new RefusedAnswer(outcome, cached);
    }
    if (list && !list.outcome.ok && others.every(({ outcome }) => !outcome.ok)) {
      throw new RefusedAnswer(list.outcome, list.cached);
    }
    return {
      module,
      refreshed: asked.filter(({ outcome }) => outcome.ok).map(({ name }) => name),
      notFound: asked.filter(({ outcome }) => !outcome.ok).map(({ name }) => name),
    };
  }

  /** Takes back the refusals of the versions that are listed now: a version may have been asked for before its tag was there. */
  private async takeBack(module: string): Promise<void> {
    const { storage, refusals, changes } = this.parts;
    const list = await storage.modules.get({ kind: 'list', module });
    const versions = list ? parseList((await readBody(list.body)).toString('utf8')) : [];
    const jobs = versions.flatMap((version) => [
      jobFor({ kind: 'mod', module, version }),
      jobFor({ kind: 'zip', module, version }),
    ]);
    try {
      await refusals.drop(jobs.map(dedupId));
      await changes.publish({ reason: 'refreshed', keys: [] });
    } catch (error) {
      throw new RefusalError('busy', `${module}: the job queue does not answer`, { cause: error });
    }
  }
}

function keyOf(request: ModuleRequest): string {
  return request.kind === 'query' ? queryKey(request.module, request.query) : moduleKey(request);
}

function nameOf(request: ModuleRequest): string {
  if (request.kind === 'query') return request.query;
  return request.kind === 'latest' ? '@latest' : request.kind;
}
