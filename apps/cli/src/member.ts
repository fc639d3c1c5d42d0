import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { ExpectedFailure } from './expected-failure.js';
import { say } from './say.js';

/** Milliseconds before the first restart; they double up to the longest, and begin again after a steady minute. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
const STEADY = 60_000;

/** How one process of a standalone is started. */
export interface Recipe {
  /** `the gateway`. */
  readonly name: string;
  /** Starts the process in a group of its own, so that Ctrl-C in a terminal reaches the supervisor alone. */
  spawn(): ChildProcess;
  /** Resolves when the process serves. Never rejects: whether it ends before is watched by the member. */
  ready(child: ChildProcess): Promise<void>;
  /** Why a process that ended before it served did so, where it has not said so itself. */
  reason?(): string;
}

/** One life of a member's process. */
interface Run {
  readonly child: ChildProcess;
  /** Resolves to how it ended. */
  readonly ended: Promise<string>;
  /** Resolves to whether it came to serve. */
  readonly served: Promise<boolean>;
}

/** One process that is kept running until it is stopped. */
export class Member {
  private run: Run | null = null;
  private readonly stopping = new AbortController();

  constructor(
    private readonly recipe: Recipe,
    /** Told the id of each process, restarts included. */
    private readonly started: (name: string, pid: number) => void,
  ) {}

  /**
   * Starts the process, resolves when it serves and restarts it from then on; once stopped, it does nothing.
   * Throws ExpectedFailure when the process ends before it serves.
   */
  async start(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    const run = this.launch();
    if (await run.served) void this.keepRunning(run);
    else if (!this.stopping.signal.aborted) {
      throw new ExpectedFailure(
        `${this.recipe.name} could not start (${await run.ended})${this.recipe.reason?.() ?? ''}`,
      );
    }
  }

  /** Ends the process for good: with SIGTERM, and with SIGKILL once `cutOff` aborts. */
  async stop(cutOff: AbortSignal): Promise<void> {
    this.stopping.abort();
    if (!this.run || hasEnded(this.run.child)) return;
    const { child, ended } = this.run;
    const kill = (): void => {
      say(`${this.recipe.name} does not stop: killing it`);
      child.kill('SIGKILL');
    };
    if (cutOff.aborted) kill();
    else child.kill('SIGTERM');
    cutOff.addEventListener('abort', kill);
    await ended;
    cutOff.removeEventListener('abort', kill);
  }

  private launch(): Run {
    const child = this.recipe.spawn();
    if (child.pid !== undefined) this.started(this.recipe.name, child.pid);
    const ended = ending(child);
    const served = Promise.race([servedBy(this.recipe.ready(child)), endedFirst(ended)]);
    this.run = { child, ended, served };
    return this.run;
  }

  private async keepRunning(first: Run): Promise<void> {
    let since = performance.now();
    let length = FIRST_PAUSE;
    for (let run = first; ; run = this.launch()) {
      if (run !== first && (await run.served)) {
        say(`${this.recipe.name} runs again`);
        since = performance.now();
      }
      const how = await run.ended;
      if (this.stopping.signal.aborted) return;
      if (performance.now() - since > STEADY) length = FIRST_PAUSE;
      say(`${this.recipe.name} ended (${how}): starting it again in ${length / 1000} s`);
      await pause(length, null, { signal: this.stopping.signal }).catch(() => null);
      if (this.stopping.signal.aborted) return;
      since = performance.now();
      length = Math.min(length * 2, LONGEST_PAUSE);
    }
  }
}

async function servedBy(ready: Promise<void>): Promise<boolean> {
  await ready;
  return true;
}

async function endedFirst(ended: Promise<string>): Promise<boolean> {
  await ended;
  return false;
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function ending(child: ChildProcess): Promise<string> {
  try {
    await once(child, 'exit');
    return child.signalCode ?? `exit code ${child.exitCode}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
