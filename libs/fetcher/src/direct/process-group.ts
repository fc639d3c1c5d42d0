import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process of a group. */
export interface GroupMember {
  readonly pid: number;
  readonly name: string;
}

interface Process extends GroupMember {
  readonly group: number;
  readonly state: string;
}

/**
 * The processes of a group that run. One that has ended counts for kill(2) until it is collected, which may take an
 * init seconds, and a container without one for ever: ssh leaves such a child behind each time. Reads /proc, or asks ps
 * where there is none (macOS).
 */
export async function groupMembers(group: number): Promise<GroupMember[]> {
  const pids = await readdir('/proc').catch(() => null);
  const processes = pids
    ? await Promise.all(pids.filter((name) => /^\d+$/.test(name)).map(readProcess))
    : await askPs();
  return processes.filter((process) => process.group === group && !process.state.startsWith('Z'));
}

async function readProcess(pid: string): Promise<Process> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // pid (name) state parent group ...: a name may hold spaces and brackets.
  const [state = '', , group = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  return { pid: Number(pid), name, group: Number(group), state };
}

async function askPs(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,pgid=,stat=,comm=']);
  return stdout.split('\n').map((line) => {
    const [, pid = '', group = '', state = '', name = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return { pid: Number(pid), name, group: Number(group), state };
  });
}
