import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** The names of the living processes of a group. Reads /proc, or asks ps where there is none. */
export async function processGroup(group: number): Promise<string[]> {
  const living = (await table()).filter((process) => process.group === group && !process.state.startsWith('Z'));
  return living.map((process) => process.name);
}

interface Process {
  readonly name: string;
  readonly state: string;
  readonly group: number;
}

async function table(): Promise<Process[]> {
  const pids = await readdir('/proc').catch(() => null);
  if (pids) {
    const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
    return stats.map((stat) => {
      // pid (name) state parent group ...: a name may hold spaces and brackets.
      const [state = '', , group = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return { name: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')), state, group: Number(group) };
    });
  }
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pgid=,stat=,comm=']);
  return stdout.split('\n').map((line) => {
    const [group = '', state = '', name = ''] = line.trim().split(/\s+/, 3);
    return { name, state, group: Number(group) };
  });
}
