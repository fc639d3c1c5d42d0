export { Changes, type Change } from './changes.js';
export { redisTime, stamp } from './clock.js';
export { Completions } from './completions.js';
export { LONGEST_BLOCK } from './connection.js';
export { DeclinedJobs } from './declined-jobs.js';
export { JobQueue, type Answer, type RunOptions } from './job-queue.js';
export {
  dedupId,
  isKnown,
  QUEUES,
  SCHEMA,
  subjectOf,
  type Envelope,
  type JobName,
  type JobRequest,
  type Jobs,
  type QueueName,
  type Renewal,
  type SumdbPath,
} from './jobs.js';
export { refused, STORED, type Outcome } from './outcome.js';
export { patiently } from './patience.js';
export { QueuePulse, WorkerPulse } from './pulse.js';
export { openQueue } from './open-queue.js';
export type { QueueContext } from './queue.module.js';
export { RedisLink } from './redis-link.js';
export { Refusals } from './refusals.js';
