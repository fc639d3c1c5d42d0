import { WaitingError, type Job } from 'bullmq';
import type { DeclinedJobs, Envelope } from '#libs/queue';

/** Pause, in milliseconds, before a job that was declined is offered again: workers that wait come first then. */
const PAUSE = 500;
/** Milliseconds that a lock is good for after it was taken, and after each renewal. */
export const LOCK = 8_000;
/** How often it is renewed, in milliseconds: one renewal may be late, or lost. */
const RENEWAL = 3_000;

/**
 * Lets go of a job by a move to another place in its queue, and gives the error that tells BullMQ that there is nothing
 * to finish. A move that fails, in a failover say, must not fail the job: its lock runs out, and another worker has it.
 */
export async function letGo(move: Promise<unknown>): Promise<WaitingError> {
  await move.catch(() => {});
  return new WaitingError();
}

/** A worker's hold on a job of BullMQ's, and the ways to let go of it unfinished: each of them throws. */
export class JobHold {
  constructor(
    private readonly job: Job<Envelope>,
    private readonly token: string | undefined,
    private readonly declined: DeclinedJobs,
  ) {}

  /**
   * Renews the lock until the job has ended, and calls `lost` once it is another worker's. In place of BullMQ's own
   * renewal, which counts from the time of day: a clock that is set back lets all locks run out.
   */
  keep(ended: AbortSignal, lost: () => void): void {
    const renew = async (): Promise<void> => {
      if (!(await this.isOurs())) {
        if (!ended.aborted) lost();
      } else if (!ended.aborted) timer.refresh();
    };
    // Timers that promise would make an error, with its stack, for each job that ends.
    const timer = setTimeout(() => void renew(), RENEWAL).unref();
    ended.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }

  /** Gives the job to whoever takes it first, at once: this worker stops. */
  async giveBack(): Promise<never> {
    throw await letGo(this.job.moveToWait(this.token));
  }

  /**
   * Offers the job to the other workers, for this one can't do it: throws then. Returns when all that live have
   * declined it, or Redis can't tell of any: the job is this worker's to refuse.
   */
  async offer(): Promise<void> {
    if (!(await this.declined.decline(this.job.id!).catch(() => false))) return;
    throw await letGo(this.job.moveToDelayed(Date.now() + PAUSE, this.token));
  }

  /**
   * Whether the lock is still this worker's: one that was stopped for longer than a lock holds does not know that
   * another has the job by now, or has finished it. A Redis that can't tell is no reason to leave it.
   */
  async isOurs(): Promise<boolean> {
    return (await this.job.extendLock(this.token!, LOCK).catch(() => 1)) === 1;
  }

  /** Leaves the job to the worker that has it now. */
  leave(): never {
    throw new WaitingError(); // tells BullMQ that there is nothing to finish
  }
}
