import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

import { GroupKeeper } from './group-keeper.js';
import { groupMembers } from './process-group.js';

/** Bytes of output that are kept; what comes after is read and dropped. */
const STDOUT_LIMIT = 4 * 1024 * 1024;
const STDERR_LIMIT = 64 * 1024;

/** Milliseconds between SIGTERM and SIGKILL: git removes its lock files at SIGTERM, and leaves them at SIGKILL. */
const GRACE = 1_000;
const LOOK_EVERY = 20;

/** One a process: what it keeps are children of the process. */
const keeper = new GroupKeeper();

/** A program and all that it gets. */
export interface Command {
  readonly binary: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** How a program ended. */
export interface Finished {
  /** Null: a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program without a shell, in a process group of its own, which ends with it: children of children too. An abort
 * ends the whole group, then throws the signal's reason; so does the end of this process, whatever it is. Throws the
 * system's error when the program can't be started.
 */
export async function runCommand({ binary, args, cwd, env }: Command, signal: AbortSignal): Promise<Finished> {
  signal.throwIfAborted();
  const child = spawn(binary, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  if (child.pid !== undefined) keeper.begun(child.pid);
  const stdout = keepHead(child.stdout, STDOUT_LIMIT);
  const stderr = keepHead(child.stderr, STDERR_LIMIT);
  const ending: Promise<void>[] = [];
  const end = (): void => void ending.push(endGroup(child));
  signal.addEventListener('abort', end, { once: true });
  try {
    await once(child, 'close');
    // A program that crashed may have left children, which would go on for nobody.
    if (ending.length === 0 && child.pid !== undefined && signalGroup(child.pid, 0)) end();
    await Promise.all(ending);
    if (ending.length > 0) signal.throwIfAborted();
    return { code: child.exitCode, stdout: stdout(), stderr: stderr() };
  } finally {
    signal.removeEventListener('abort', end);
    if (child.pid !== undefined) keeper.ended(child.pid);
  }
}

async function endGroup(child: ChildProcess): Promise<void> {
  const group = child.pid;
  if (group === undefined) return;
  signalGroup(group, 'SIGTERM');
  for (let waited = 0; waited < GRACE && (await groupMembers(group)).length > 0; waited += LOOK_EVERY) {
    await delay(LOOK_EVERY);
  }
  signalGroup(group, 'SIGKILL');
  // A process that left the group could hold the pipes open for ever, and `close` would not come.
  child.stdout?.destroy();
  child.stderr?.destroy();
}

/** Tells whether the group still has a process, be it one that ended and was not collected. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}

function keepHead(stream: Readable, limit: number): () => string {
  const kept: Buffer[] = [];
  let room = limit;
  stream.on('data', (chunk: Buffer) => {
    if (room > 0) kept.push(chunk.subarray(0, room));
    room -= chunk.length;
  });
  return () => Buffer.concat(kept).toString('utf8');
}
