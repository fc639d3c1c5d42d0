import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** The names of the living processes of a group. Reads /proc, or asks ps where there is none. */
export async function processGroup(group: number): Promise<string[]> {
  return (await membersOf(group)).map((process) => process.name);
}

/** The arguments of the living processes of a group, as anybody on the machine may read them. */
export async function processArguments(group: number): Promise<string[]> {
  return (await membersOf(group)).map((process) => process.args);
}

interface Process {
  readonly name: string;
  readonly args: string;
  readonly state: string;
  readonly group: number;
}

async function membersOf(group: number): Promise<Process[]> {
  return (await table()).filter((process) => process.group === group && !process.state.startsWith('Z'));
}

async function table(): Promise<Process[]> {
  const pids = await readdir('/proc').catch(() => null);
  return pids ? Promise.all(pids.map(processOf)) : askPs();
}

async function processOf(pid: string): Promise<Process> {
  const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
  const [stat, args] = await Promise.all([read('stat'), read('cmdline')]);
  // pid (name) state parent group ...: a name may hold spaces and brackets.
  const [state = '', , group = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  return { name, args: args.replaceAll('\0', ' '), state, group: Number(group) };
}

async function askPs(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pgid=,stat=,args=']);
  return stdout.split('\n').map((line) => {
    const [, group = '', state = '', args = ''] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return { name: args.split(' ')[0] ?? '', args, state, group: Number(group) };
  });
}
