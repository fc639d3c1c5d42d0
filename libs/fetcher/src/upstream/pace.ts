import type { UpstreamLimits } from './limits.js';

/**
 * Tells a slow body from one that drips. Time is looked at when bytes come, so no timer is needed: a body of which
 * none come is the business of the idle limit.
 */
export class Pace {
  private bytes = 0;
  private since: number;

  constructor(
    private readonly limits: Pick<UpstreamLimits, 'dripWindow' | 'dripBytes'>,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.since = now();
  }

  /** Counts bytes that came; false when they come too slowly. */
  keepsUp(bytes: number): boolean {
    this.bytes += bytes;
    const elapsed = this.now() - this.since;
    const { dripWindow, dripBytes } = this.limits;
    if (elapsed < dripWindow) return true;
    const enough = this.bytes * dripWindow >= dripBytes * elapsed;
    this.restart();
    return enough;
  }

  /** Begins to count anew, for it was not the source that was waited for. */
  restart(): void {
    this.bytes = 0;
    this.since = this.now();
  }
}
