import type { Queue } from 'bullmq';
import { readOutcome, type Outcome } from './outcome.js';
import type { RedisLink } from './redis-link.js';

/** How often the jobs that are waited for are looked at, in milliseconds. */
const LOOK = 3_000;
/** Jobs asked for at once; between two batches others get their turn. */
const BATCH = 250;

/** How a job is: its end, or that it goes on, that Redis does not know it, that Redis does not answer. */
export type Sight = Outcome | 'under way' | 'unknown' | 'away';

/**
 * Looks at the jobs of one queue that are waited for, since events may be lost. All who wait share one look: with
 * thousands of them, a timer and a question for each would cost more than all else that a gateway does.
 */
export class Lookout {
  private readonly watched = new Map<string, PromiseWithResolvers<Sight>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly link: RedisLink,
    private readonly queue: Queue,
  ) {}

  /** How the job is now. */
  async now(jobId: string): Promise<Sight> {
    const [sight] = await this.look([jobId]);
    return sight ?? 'away';
  }

  /** How the job is at the next look, in 3 s at the latest; never, if it is forgotten before. */
  next(jobId: string): Promise<Sight> {
    const sight = this.watched.get(jobId) ?? Promise.withResolvers<Sight>();
    this.watched.set(jobId, sight);
    this.timer ??= setTimeout(() => void this.lookAtAll(), LOOK);
    return sight.promise;
  }

  forget(jobId: string): void {
    this.watched.delete(jobId);
    if (this.watched.size > 0) return;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private async lookAtAll(): Promise<void> {
    this.timer = undefined;
    const watched = [...this.watched];
    this.watched.clear(); // who waits on asks anew
    for (let start = 0; start < watched.length; start += BATCH) {
      const batch = watched.slice(start, start + BATCH);
      const sights = await this.look(batch.map(([jobId]) => jobId));
      batch.forEach(([, { resolve }], index) => resolve(sights[index] ?? 'away'));
    }
  }

  private async look(jobIds: readonly string[]): Promise<Sight[]> {
    const pipeline = this.link.commands.pipeline();
    // BullMQ would read whole jobs, one at a time.
    for (const jobId of jobIds)
      pipeline.hmget(this.queue.toKey(jobId), 'timestamp', 'finishedOn', 'failedReason', 'returnvalue');
    try {
      const answers = (await pipeline.exec()) ?? [];
      return answers.map(([error, fields]) => (error ? 'away' : sightOf(fields as (string | null)[])));
    } catch {
      return jobIds.map(() => 'away');
    }
  }
}

function sightOf([timestamp, finishedOn, failedReason, returnValue]: readonly (string | null)[]): Sight {
  if (!timestamp) return 'unknown';
  if (!finishedOn) return 'under way';
  return readOutcome(failedReason ? null : returnValue);
}
