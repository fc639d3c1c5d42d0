import type { JobName, Jobs } from '#libs/queue';

/** What a handler may use beside its payload. */
export interface JobContext {
  /** Aborted when the job ends, at its deadline at the latest, when its lock is lost, and after a shutdown's grace. */
  readonly signal: AbortSignal;
  /** When the job's time is over, on performance.now()'s clock. */
  readonly deadline: number;
  /** The request that first asked for it. */
  readonly requestId: string;
}

/** Does one kind of job: resolves when what it makes is stored, throws RefusalError for an expected refusal. */
export type Handler<N extends JobName> = (payload: Jobs[N], context: JobContext) => Promise<void>;

/** One handler for each job of the map: the compiler refuses a missing one. */
export type Handlers = { readonly [N in JobName]: Handler<N> };
