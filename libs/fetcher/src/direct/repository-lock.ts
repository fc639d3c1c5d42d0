import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Locks a file as `flock -n` does, then says again what it is told: for systems without that command (macOS). */
const LOCK =
  'use Fcntl ":flock"; open(my $file, ">>", $ARGV[0]) or exit 1; flock($file, LOCK_EX | LOCK_NB) or exit 1; $| = 1; print while <STDIN>';

/** The programs that can hold a lock until their input ends. */
const holders = (file: string): readonly (readonly [program: string, args: readonly string[]])[] => [
  ['flock', ['-n', file, 'cat']],
  ['perl', ['-e', LOCK, file]],
];

/**
 * Does work under go's own lock of a kept repository (`<hash>.lock`, flock), which the go command takes for each step
 * that changes one, and for its first look at it. False, without any work, when somebody has the lock, or when neither
 * flock nor perl is there. The system gives the lock back when this process ends, however it does.
 */
export async function underLock(
  repository: string,
  env: Readonly<Record<string, string>>,
  work: () => Promise<void>,
): Promise<boolean> {
  for (const [program, args] of holders(`${repository}.lock`)) {
    const holder = spawn(program, args, { cwd: '/', detached: true, env, stdio: ['pipe', 'pipe', 'ignore'] });
    const ended = once(holder, 'close').then(
      () => 'ended' as const,
      () => 'absent' as const,
    );
    holder.stdin.on('error', () => {});
    holder.stdin.write('held?\n');
    const first = await Promise.race([once(holder.stdout, 'data').then(() => 'held' as const), ended]);
    if (first === 'absent') continue;
    if (first === 'ended') return false;
    try {
      await work();
      return true;
    } finally {
      holder.stdin.end();
      await ended;
    }
  }
  return false;
}
