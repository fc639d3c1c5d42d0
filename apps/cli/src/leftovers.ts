import { rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { lives, type ProcessMark } from './process-identity.js';
import type { RunRecord } from './run-record.js';
import { say } from './say.js';

/** Milliseconds that a leftover process has after SIGTERM. */
const LIMIT = 10_000;

/** Ends what a standalone left running when it was killed, last started first, and removes its socket. */
export async function endLeftovers(record: RunRecord): Promise<void> {
  for (const [name, mark] of Object.entries(record.members).toReversed()) {
    if (!lives(mark)) continue;
    say(`${name} (process ${mark.pid}) of a standalone that was killed still runs: stopping it`);
    await end(mark);
  }
  if (record.socketFolder !== undefined) rmSync(record.socketFolder, { recursive: true, force: true });
}

/** Not a child of this process, so its end can only be looked for. */
async function end(mark: ProcessMark): Promise<void> {
  signal(mark.pid, 'SIGTERM');
  const latest = performance.now() + LIMIT;
  while (lives(mark)) {
    if (performance.now() > latest) signal(mark.pid, 'SIGKILL');
    await pause(50);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended between the look and the signal.
  }
}
