import { setTimeout as pause } from 'node:timers/promises';

/** Tells the time and waits, in milliseconds. */
export interface Clock {
  now(): number;
  wait(milliseconds: number): Promise<void>;
}

const REAL: Clock = { now: () => performance.now(), wait: (milliseconds) => pause(milliseconds) };

/** Lets bytes through at a rate, whoever of several readers asks for them. */
export class Throttle {
  /** When the next bytes may go, by the clock. */
  private free: number;

  /** bytesPerSecond: Infinity for no limit. */
  constructor(
    private readonly bytesPerSecond: number,
    private readonly clock: Clock = REAL,
  ) {
    this.free = clock.now();
  }

  /** Resolves when these bytes may be used. What was not used before is no credit. */
  async take(bytes: number): Promise<void> {
    if (this.bytesPerSecond === Infinity) return;
    const now = this.clock.now();
    this.free = Math.max(this.free, now) + (bytes / this.bytesPerSecond) * 1000;
    if (this.free > now) await this.clock.wait(this.free - now);
  }

  /** Passes a body on at this rate. */
  async *pass(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of body) {
      await this.take(chunk.length);
      yield chunk;
    }
  }
}
