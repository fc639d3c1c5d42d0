/** Bounds how many tasks run at once; the others wait in the order in which they came. */
export class Semaphore {
  private readonly waiting = new Set<() => void>();

  /** `slots` is how many tasks may run at once, at least one. */
  constructor(private slots: number) {}

  /** Runs a task when a slot is free. Throws the signal's reason when it is aborted before that. */
  async run<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.slots > 0) this.slots--;
    else await this.turn(signal);
    try {
      return await task();
    } finally {
      this.release();
    }
  }

  /** Settles when a slot is handed over to the caller. */
  private turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.waiting.delete(take);
        reject(signal.reason);
      };
      const take = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      this.waiting.add(take);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  private release(): void {
    const [next] = this.waiting;
    if (!next) {
      this.slots++;
      return;
    }
    this.waiting.delete(next);
    next();
  }
}
