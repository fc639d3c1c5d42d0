/** Why jobs are cancelled when a shutdown's grace is over: such a job goes back to its queue. */
export const SHUTDOWN = 'shutdown';

/** How long a handler may take to end once its signal says so, in milliseconds: git gets one second to tidy up. */
const LENIENCE = 2_000;

/** Nobody waits for what a job that is over has left behind, so where this was made is no news: one does for all. */
const OVER = new Error('the job has ended: over');

/** What ended a job's signal: the first that came. */
export type JobEnd = 'over' | 'overtime' | 'lost' | 'shutdown';

/**
 * What ends a job before its handler does: its time, a shutdown, the loss of its lock. One signal tells the handler of
 * all; it is aborted at the end of the job as well, so that what was begun for it and is not waited for ends with it.
 */
export class JobLimits {
  /** When the job's time is over, on performance.now()'s clock. */
  readonly deadline: number;
  /** Null: nothing has ended it. */
  ended: JobEnd | null = null;
  private readonly control = new AbortController();
  private timer: NodeJS.Timeout;
  private abandon: (reason: Error) => void = () => {};

  /** `limit` in milliseconds from now. `cancelled`: BullMQ's signal for this job. */
  constructor(
    limit: number,
    private readonly cancelled: AbortSignal,
  ) {
    this.deadline = performance.now() + limit;
    this.timer = setTimeout(() => this.end('overtime'), limit);
    if (cancelled.aborted) this.handleEvent();
    else cancelled.addEventListener('abort', this);
  }

  get signal(): AbortSignal {
    return this.control.signal;
  }

  /** BullMQ cancels the job. */
  handleEvent(): void {
    this.end(String(this.cancelled.reason).includes(SHUTDOWN) ? 'shutdown' : 'lost');
  }

  /** Waits for work, but not for long once the signal is aborted: a program that the system can't end ends no deadline. */
  async within(work: Promise<void>): Promise<void> {
    const abandoned = new Promise<never>((_, reject) => (this.abandon = reject));
    await Promise.race([work, abandoned]);
  }

  /** Aborts the signal, unless it is. */
  end(why: JobEnd): void {
    if (this.ended === null) {
      this.ended = why;
      this.cancelled.removeEventListener('abort', this);
      this.control.abort(why === 'over' ? OVER : new Error(`the job has ended: ${why}`));
    }
    clearTimeout(this.timer);
    if (why !== 'over') this.timer = setTimeout(() => this.abandon(new Error('the handler did not end')), LENIENCE);
  }
}
