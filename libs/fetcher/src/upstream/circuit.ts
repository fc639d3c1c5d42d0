import type { UpstreamLimits } from './limits.js';
import { SourceFault } from './fault.js';

/** What a circuit does with requests, as its metric says it. */
export const CIRCUIT_STATES = { closed: 0, halfOpen: 1, open: 2 } as const;

type State = keyof typeof CIRCUIT_STATES;

/**
 * Leaves an upstream alone that failed several times in a row: refuses at once what it is asked, for a while, and then
 * until one request that it lets through as a probe has succeeded. Any answer but a 5xx is a success.
 */
export class Circuit {
  private failures = 0;
  private openUntil = 0;
  private probing = false;

  constructor(
    private readonly limits: Pick<UpstreamLimits, 'failures' | 'openFor'>,
    private readonly report: (state: (typeof CIRCUIT_STATES)[State]) => void,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.show('closed');
  }

  /** Does a request. Throws what it throws, or SourceFault when none is let through. */
  async run<T>(signal: AbortSignal, request: () => Promise<T>): Promise<T> {
    const probe = this.enter();
    try {
      const result = await request();
      this.close();
      return result;
    } catch (error) {
      // What ended for a reason of our own says nothing about the upstream.
      if (signal.aborted || !(error instanceof SourceFault)) {
        if (probe) this.probing = false;
      } else if (error.outage) this.fail(probe);
      else this.close();
      throw error;
    }
  }

  /** Tells that an answer has begun: a probe need not wait for the end of a large one. */
  answered(): void {
    if (this.probing) this.close();
  }

  private enter(): boolean {
    if (this.failures < this.limits.failures) return false;
    if (this.probing || this.now() < this.openUntil) {
      throw new SourceFault('upstream', 'the upstream failed several times in a row and is left alone for a moment');
    }
    this.probing = true;
    this.show('halfOpen');
    return true;
  }

  private close(): void {
    if (this.failures >= this.limits.failures) this.show('closed');
    this.failures = 0;
    this.probing = false;
  }

  private fail(probe: boolean): void {
    this.failures += 1;
    if (probe) this.probing = false;
    // Those that were under way when the circuit opened come late: they do not open it for longer.
    if (!probe && this.failures !== this.limits.failures) return;
    this.openUntil = this.now() + this.limits.openFor;
    this.show('open');
  }

  private show(state: State): void {
    this.report(CIRCUIT_STATES[state]);
  }
}
