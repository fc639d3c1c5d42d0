import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** A process, told apart from a later one that was given the same id. */
export interface ProcessMark {
  readonly pid: number;
  /** When it began, as the system says it. */
  readonly began: string;
}

/** Marks a living process; null when none has this id, or it has ended and only waits for its parent to notice. */
export function markProcess(pid: number): ProcessMark | null {
  const began = existsSync('/proc/self/stat') ? beganByProc(pid) : beganByPs(pid);
  return began === null ? null : { pid, began };
}

/** Whether the process that was marked still lives. */
export function lives(mark: ProcessMark): boolean {
  return markProcess(mark.pid)?.began === mark.began;
}

/** proc(5): after the name in parentheses, which may hold anything, come the state and, 19 fields on, the start time in ticks since boot. */
function beganByProc(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()} ${fields[19]}`;
  } catch {
    return null;
  }
}

function beganByPs(pid: number): string | null {
  try {
    const [state = 'Z', ...began] = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      encoding: 'latin1',
    })
      .trim()
      .split(/\s+/);
    return state.startsWith('Z') ? null : began.join(' ');
  } catch {
    return null;
  }
}
