import { availableParallelism } from 'node:os';
import { isatty } from 'node:tty';

/** What defaults take from the computer and the terminal. */
export interface Machine {
  readonly cpus: number;
  /** Whether a person reads the log as it is written. */
  readonly terminal: boolean;
}

/** Describes the computer that this process runs on. */
export function thisMachine(): Machine {
  return { cpus: availableParallelism(), terminal: isatty(1) };
}
