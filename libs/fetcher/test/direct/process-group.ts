import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { groupMembers } from '../../src/direct/process-group.js';

/** The names of the living processes of a group. */
export async function processGroup(group: number): Promise<string[]> {
  return (await groupMembers(group)).map(({ name }) => name);
}

/** The arguments of the living processes of a group, as anybody on the machine may read them. */
export async function processArguments(group: number): Promise<string[]> {
  return Promise.all((await groupMembers(group)).map(({ pid }) => argumentsOf(pid)));
}

async function argumentsOf(pid: number): Promise<string> {
  const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
  if (words !== null) return words.replaceAll('\0', ' ');
  // There is no /proc (macOS), or the process is gone.
  const { stdout } = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'args=']).catch(() => ({ stdout: '' }));
  return stdout;
}
