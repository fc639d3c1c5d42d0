import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

import { groupMembers } from '../../src/direct/process-group.js';

it('a process that has ended is no member of its group, though nobody collects it', async () => {
  // The shell becomes a program that knows of no child.
  const parent = spawn('/bin/sh', ['-c', 'sleep 1000 & echo $!; exec sleep 1000'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const [told] = (await once(parent.stdout, 'data')) as [Buffer];
    const child = Number(told.toString());
    const members = async (): Promise<number[]> => (await groupMembers(parent.pid ?? 0)).map(({ pid }) => pid);
    expect(new Set(await members())).toEqual(new Set([parent.pid, child]));
    process.kill(child, 'SIGKILL');
    await expect.poll(members).toEqual([parent.pid]);
    expect(process.kill(child, 0)).toBe(true);
  } finally {
    parent.kill('SIGKILL');
  }
});
