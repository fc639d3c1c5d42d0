import { within } from './within.js';

/** Longest time a check may take before it counts as failed. */
const CHECK_LIMIT = 2_000;

/** Something that a process needs. Without a critical one it can't serve; without another it is degraded. */
export interface HealthCheck {
  readonly critical: boolean;
  /** Resolves when all is well; rejects with an Error whose message everybody may read, or one of the system's. */
  readonly check: () => Promise<void>;
}

export interface Readiness {
  readonly status: 'ok' | 'degraded' | 'unavailable' | 'draining';
  /** Check by check: `ok`, or one line that says what is wrong. */
  readonly checks: Readonly<Record<string, string>>;
}

/** What `/readyz` tells: hits go on while Redis or the workers are away, so only a critical check makes it 503. */
export class Health {
  private draining = false;

  constructor(private readonly checks: Readonly<Record<string, HealthCheck>>) {}

  /** From now on the process is not ready: balancers should look elsewhere. */
  drain(): void {
    this.draining = true;
  }

  get isDraining(): boolean {
    return this.draining;
  }

  /** Runs all checks at once, each bounded to 2 s. */
  async readiness(): Promise<Readiness> {
    const results = await Promise.all(
      Object.entries(this.checks).map(async ([name, { critical, check }]) => ({
        name,
        critical,
        fault: await fault(check),
      })),
    );
    const failed = results.filter((result) => result.fault !== null);
    return {
      status: this.draining
        ? 'draining'
        : failed.some((result) => result.critical)
          ? 'unavailable'
          : failed.length > 0
            ? 'degraded'
            : 'ok',
      checks: Object.fromEntries(results.map((result) => [result.name, result.fault ?? 'ok'])),
    };
  }
}

async function fault(check: () => Promise<void>): Promise<string | null> {
  try {
    const checked = check().then(() => null);
    return await within(CHECK_LIMIT, checked, () => `no answer within ${CHECK_LIMIT / 1000} s`);
  } catch (error) {
    return reason(error);
  }
}

/** The system's own texts name paths and addresses, and clients read this, too. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
