/** Part of the limit within which versions count as begun at once. */
const TOGETHER = 1 / 100;

interface Deadline {
  readonly begun: number;
  /** Aborts when the time is over. */
  readonly overtime: AbortSignal;
  /** Aborts then too, and when all is to stop. */
  readonly signal: AbortSignal;
}

/** The time limits of thousands of works a second: those that begin at about the same time share theirs. */
export class Deadlines {
  private last: Deadline | null = null;

  /** `limit`: milliseconds that a work may take, at most. */
  constructor(
    readonly limit: number,
    private readonly stop: AbortSignal,
  ) {}

  /** Gives the deadline of a work that begins now: it has the limit, or a hundredth less. */
  begin(): Deadline {
    const now = performance.now();
    if (this.last === null || now - this.last.begun > this.limit * TOGETHER) {
      const overtime = AbortSignal.timeout(this.limit);
      this.last = { begun: now, overtime, signal: AbortSignal.any([this.stop, overtime]) };
    }
    return this.last;
  }
}
