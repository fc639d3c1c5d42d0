import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Reads `begun <group>` and `ended <group>` until its input ends, which it does when the process that writes it is gone,
 * however it went; then it ends the groups that are left. It has a session of its own and ignores signals, for whoever
 * ends this process by its group or its terminal must not end the keeper before it.
 */
const SCRIPT = `
trap '' HUP INT TERM
groups=
while read -r word group; do
  others=
  for one in $groups; do [ "$one" = "$group" ] || others="$others $one"; done
  groups=$others
  [ "$word" = ended ] || groups="$groups $group"
done
[ -n "$groups" ] || exit 0
for group in $groups; do kill -s TERM -- "-$group"; done
sleep 1
for group in $groups; do kill -s KILL -- "-$group"; done
`;

/**
 * Sees to it that process groups which this process started do not outlive it, even when it is killed with SIGKILL and
 * can do nothing itself. A shell does it, one for all groups, which is told of each over a pipe: a parent-death signal
 * would be Linux' alone and reach go but not git, and a sweep at the next start would come too late, or never.
 */
export class GroupKeeper {
  private readonly groups = new Set<number>();
  private shell: ChildProcess | null = null;

  /** From now on the group ends with this process. */
  begun(group: number): void {
    this.groups.add(group);
    if (this.shell === null) this.start();
    else this.tell('begun', group);
  }

  /** The group has ended: its number may become another's. */
  ended(group: number): void {
    this.groups.delete(group);
    this.tell('ended', group);
  }

  private start(): void {
    // Nothing of this process' environment, which holds secrets.
    const shell = spawn('/bin/sh', ['-c', SCRIPT], {
      cwd: '/',
      detached: true,
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const forget = (): void => {
      if (this.shell === shell) this.shell = null;
    };
    shell.once('error', forget).once('exit', forget);
    shell.stdin.on('error', forget);
    // It must not keep this process alive.
    shell.unref();
    if (shell.stdin instanceof Socket) shell.stdin.unref();
    this.shell = shell;
    for (const group of this.groups) this.tell('begun', group);
  }

  private tell(word: 'begun' | 'ended', group: number): void {
    this.shell?.stdin?.write(`${word} ${group}\n`);
  }
}
