import { freshQueries } from '#libs/catalog';
import type { Config } from '#libs/config';
import { RefusalError, type ModuleRequest } from '#libs/protocol';
import type { Changes, JobQueue } from '#libs/queue';
import { moduleKey, queryKey, type Storage } from '#libs/storage';
import { jobFor, RefusedAnswer } from './proxy.service.js';

interface Parts {
  readonly storage: Storage;
  readonly queue: JobQueue;
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
    const { storage, queue, changes, config } = this.parts;
    if (config.offline) throw new RefusalError('busy', `${module}: this proxy is offline`);
    // What is older is asked anew in any case.
    const queries = await freshQueries(storage.meta, module, config.listTtl);
    const requests: ModuleRequest[] = [
      { kind: 'list', module },
      { kind: 'latest', module },
      ...queries.map((query) => ({ kind: 'query' as const, module, query })),
    ];
    const options = { requestId, wait: config.waitTimeout, stored: () => Promise.resolve(false) };
    const jobs = requests.map((request) => jobFor(request));
    const answers = await queue.runAnew(module, jobs, options);
    const asked = answers.map((answer, at) => ({ name: nameOf(requests[at]!), ...answer }));
    // Told by the channel as well, but whoever gets this answer may ask this gateway before that.
    for (const request of requests) storage.forget(keyOf(request));
    // Workers tell of what they stored; this lets other gateways forget refusals. One that is cut off does so by itself.
    void changes.publish({ reason: 'refreshed', keys: [] }).catch(() => {});

    const [list, ...others] = asked;
    for (const { outcome, ...kept } of asked) {
      if (!outcome.ok && outcome.kind !== 'not-found') throw new RefusedAnswer(outcome, kept);
    }
    if (list && !list.outcome.ok && others.every(({ outcome }) => !outcome.ok)) {
      throw new RefusedAnswer(list.outcome, list);
    }
    return {
      module,
      refreshed: asked.filter(({ outcome }) => outcome.ok).map(({ name }) => name),
      notFound: asked.filter(({ outcome }) => !outcome.ok).map(({ name }) => name),
    };
  }
}

function keyOf(request: ModuleRequest): string {
  return request.kind === 'query' ? queryKey(request.module, request.query) : moduleKey(request);
}

function nameOf(request: ModuleRequest): string {
  if (request.kind === 'query') return request.query;
  return request.kind === 'latest' ? '@latest' : request.kind;
}
