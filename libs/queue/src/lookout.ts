import type { Queue } from 'bullmq';
import { within } from '#libs/observability';
import { readOutcome, type Outcome } from './outcome.js';
import type { RedisLink } from './redis-link.js';

/** How often the jobs that are waited for are looked at, in milliseconds; and one more for each: thousands cost too. */
const LOOK = 3_000;
/** How long Redis is waited for at a look, in milliseconds: a Cluster's client tries a node that froze again and again. */
const ANSWER = 3_000;
/** Jobs asked for at once; between two batches others get their turn. */
const BATCH = 250;

/*
 * Most jobs go on, and nothing is said of them: BullMQ's own questions bring whole jobs, one at a time.
 *
 * Input:  KEYS the hashes of jobs
 * Output: of each that has ended or is not there: its place in KEYS, then when it was added, why it failed, what it returned
 */
const LOOK_SCRIPT = `
local found = {}
for place, key in ipairs(KEYS) do
  local job = redis.call('HMGET', key, 'timestamp', 'failedReason', 'returnvalue', 'finishedOn')
  if not job[1] or job[4] then found[#found + 1] = { place, job[1], job[2], job[3] } end
end
return found`;
type Fields = [timestamp: string | null, failedReason: string | null, returnValue: string | null];

/** How a job is: its end, or that it goes on, that Redis does not know it, that Redis does not answer. */
export type Sight = Outcome | 'under way' | 'unknown' | 'away';

/**
 * Looks at the jobs of one queue that are waited for, since events may be lost. All who wait share one look: with
 * thousands of them, a timer and a question for each would cost more than all else that a gateway does.
 */
export class Lookout {
  private readonly watched = new Map<string, PromiseWithResolvers<Sight>>();
  private timer: NodeJS.Timeout | undefined;
  private lately = 0;

  constructor(
    private readonly link: RedisLink,
    private readonly queue: Queue,
  ) {}

  /** How the job is now. */
  async now(jobId: string): Promise<Sight> {
    const [sight] = await this.look([jobId]);
    return sight ?? 'away';
  }

  /** Whether a worker holds the job: its lock, which it renews. Throws when Redis does not answer. */
  async isHeld(jobId: string): Promise<boolean> {
    return (await this.link.commands.exists(`${this.queue.toKey(jobId)}:lock`)) === 1;
  }

  /** How the job is at the next look, in some seconds; never, if it is forgotten before. */
  next(jobId: string): Promise<Sight> {
    const sight = this.watched.get(jobId) ?? Promise.withResolvers<Sight>();
    this.watched.set(jobId, sight);
    this.timer ??= setTimeout(() => void this.lookAtAll(), LOOK + this.lately);
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
    this.lately = watched.length;
    this.watched.clear(); // who waits on asks anew
    for (let start = 0; start < watched.length; start += BATCH) {
      const batch = watched.slice(start, start + BATCH);
      const sights = await this.look(batch.map(([jobId]) => jobId));
      batch.forEach(([, { resolve }], index) => resolve(sights[index] ?? 'away'));
    }
  }

  private async look(jobIds: readonly string[]): Promise<Sight[]> {
    const keys = jobIds.map((jobId) => this.queue.toKey(jobId));
    try {
      const asked = this.link.commands.eval(LOOK_SCRIPT, keys.length, ...keys) as Promise<[number, ...Fields][]>;
      const found = await within(ANSWER, asked, () => null);
      if (!found) return jobIds.map(() => 'away');
      const sights = jobIds.map((): Sight => 'under way');
      for (const [place, ...fields] of found) sights[place - 1] = sightOf(fields);
      return sights;
    } catch {
      return jobIds.map(() => 'away');
    }
  }
}

function sightOf([timestamp, failedReason, returnValue]: Fields): Sight {
  if (timestamp === null) return 'unknown';
  return readOutcome(failedReason ? null : returnValue);
}
