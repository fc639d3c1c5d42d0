import type { ModuleVersion } from '#libs/protocol';

/** Everything there is to know about the jobs, on one screen: name -> payload. */
export interface Jobs {
  /** Makes `.mod`, then `.info`; enters the version if its zip is stored. */
  'fetch.mod': ModuleVersion;
  /** Makes `.zip`; enters the version (receipt, then index entry) if its `.info` is stored. */
  'fetch.zip': ModuleVersion;
  /** Makes `list`. */
  'query.list': { readonly module: string } & Renewal;
  /** Makes `@latest`. */
  'query.latest': { readonly module: string } & Renewal;
  /** Makes a resolution of a branch, a tag or a commit. */
  'query.revision': { readonly module: string; readonly query: string } & Renewal;
  /** Makes a stored answer of a checksum database; `path` is what follows its name, escaped. */
  'sumdb.lookup': SumdbPath;
  'sumdb.tile': SumdbPath;
  'sumdb.latest': SumdbPath;
}

/** What a job that makes an answer anew may know of the one before. */
export interface Renewal {
  /**
   * When the answer was stored that the asker found too old, in milliseconds since the epoch; 0: it found none. A later
   * one is what it wants: another job was quicker. Absent: the source is asked in any case.
   */
  readonly seen?: number;
}

export interface SumdbPath {
  readonly name: string;
  readonly path: string;
}

export type JobName = keyof Jobs;

/** A job to run: one of the map's names with its payload. */
export type JobRequest = { [N in JobName]: { readonly name: N; readonly payload: Jobs[N] } }[JobName];

/** Quick answers and long transfers have queues of their own, so that none waits behind the other. */
export const QUEUES = ['query', 'download'] as const;
export type QueueName = (typeof QUEUES)[number];

const QUEUE_OF: { readonly [N in JobName]: QueueName } = {
  'fetch.mod': 'query',
  'fetch.zip': 'download',
  'query.list': 'query',
  'query.latest': 'query',
  'query.revision': 'query',
  'sumdb.lookup': 'query',
  'sumdb.tile': 'query',
  'sumdb.latest': 'query',
};

/** The queue that a job waits in. */
export function queueOf(name: JobName): QueueName {
  return QUEUE_OF[name];
}

/** What a job is about, as refusals say it: `<module>@<version>`. */
export function subjectOf({ name, payload }: JobRequest): string {
  switch (name) {
    case 'fetch.mod':
    case 'fetch.zip':
      return `${payload.module}@${payload.version}`;
    case 'query.list':
      return payload.module;
    case 'query.latest':
      return `${payload.module}@latest`;
    case 'query.revision':
      return `${payload.module}@${payload.query}`;
    case 'sumdb.lookup':
    case 'sumdb.tile':
    case 'sumdb.latest':
      return `${payload.name}/${payload.path}`;
  }
}

/** The identity of a job's one flight: jobs with the same id are the same work. */
export function dedupId(job: JobRequest): string {
  return `${job.name}:${subjectOf(job)}`;
}

/** The schema of what is written to Redis. A worker gives back what it does not know. */
export const SCHEMA = 1;

/** What a job carries through Redis, in clear text: never a secret. */
export interface Envelope<N extends JobName = JobName> {
  readonly schema: number;
  /** The request that first asked, for the logs of both sides. */
  readonly requestId: string;
  readonly payload: Jobs[N];
}

/** Whether this version knows a job: what is written in another schema, or under another name, it can't read. */
export function isKnown({ name, data }: { readonly name: string; readonly data: unknown }): boolean {
  return (
    Object.hasOwn(QUEUE_OF, name) &&
    typeof data === 'object' &&
    data !== null &&
    'schema' in data &&
    data.schema === SCHEMA
  );
}

/** Options of every job. Retries belong to the upstream client, inside the job's deadline. */
export const JOB_OPTIONS = {
  attempts: 1,
  removeOnComplete: { age: 60, count: 5_000 },
  removeOnFail: { age: 60, count: 1_000 },
} as const;
