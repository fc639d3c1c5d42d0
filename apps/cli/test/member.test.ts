import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Member } from '../src/member.js';

/** A member that runs a shell script and is ready at the first line it prints. */
function member(script: string): { member: Member; started: number[] } {
  const started: number[] = [];
  const recipe = {
    name: 'the script',
    spawn: () => spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'], detached: true }),
    ready: async (child: ReturnType<typeof spawn>) => void (await once(child.stdout!, 'data')),
  };
  return { member: new Member(recipe, (_, pid) => started.push(pid)), started };
}

describe('a member of a standalone', () => {
  it('is started when it serves, and ends at SIGTERM', async () => {
    const { member: script, started } = member('trap "exit 0" TERM; echo ready; while :; do sleep 0.01; done');
    await script.start();
    expect(started).toHaveLength(1);
    await script.stop(AbortSignal.timeout(60_000));
    expect(() => process.kill(started[0]!, 0)).toThrow('ESRCH');
  });

  it('fails to start when it ends before it serves', async () => {
    const { member: script } = member('exit 3');
    await expect(script.start()).rejects.toThrow('the script could not start (exit code 3)');
    await script.stop(AbortSignal.timeout(60_000));
  });

  it('is killed when it does not stop in time', async () => {
    const { member: script, started } = member('trap "" TERM; echo ready; while :; do sleep 0.01; done');
    await script.start();
    await script.stop(AbortSignal.timeout(100));
    expect(() => process.kill(started[0]!, 0)).toThrow('ESRCH');
  });

  it('starts again when it ends by itself, and not once it is stopped', async () => {
    const { member: script, started } = member('echo ready; exec sleep 600');
    await script.start();
    process.kill(started[0]!, 'SIGKILL');
    await expect.poll(() => started.length).toBe(2);
    await script.stop(AbortSignal.timeout(60_000));
    await script.start();
    expect(started).toHaveLength(2);
  });
});
