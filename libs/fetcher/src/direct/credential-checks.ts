import { basename, dirname } from 'node:path';
import { ConfigError } from '#libs/config';
import { type Command, runCommand } from './command.js';

type Environment = Readonly<Record<string, string>>;

/**
 * Checks that ssh can read a private key by itself: of one that it can't it says nothing, or nothing that differs from a
 * server's refusal, and every repository would be gone. Throws ConfigError. Passes where there is no ssh-keygen.
 */
export async function checkSshKey(path: string, env: Environment, signal: AbortSignal): Promise<void> {
  const args = ['-y', '-P', '', '-f', basename(path)];
  const fault = await faultOf({ binary: 'ssh-keygen', args, cwd: dirname(path), env }, signal);
  if (fault !== null) throw new ConfigError([`STOA_SSH_KEY_FILE is no private key without a passphrase: ${fault}`]);
}

/**
 * Checks that git can read a configuration, and what it includes: of one that it can't go says nothing, and every
 * command of git would fail. Throws ConfigError. Passes where there is no git.
 */
export async function checkGitConfig(path: string, env: Environment, signal: AbortSignal): Promise<void> {
  const args = ['config', '--file', path, '--includes', '--name-only', '--list'];
  const fault = await faultOf({ binary: 'git', args, cwd: dirname(path), env }, signal);
  if (fault !== null) throw new ConfigError([`STOA_GIT_CONFIG_FILE is no git configuration: ${fault}`]);
}

/** The last line of what a program says when it fails; null when it does not, or is not there. */
async function faultOf(command: Command, signal: AbortSignal): Promise<string | null> {
  const finished = await runCommand(command, signal).catch(() => null);
  if (finished === null || finished.code === 0) return null;
  return finished.stderr.trim().split('\n').at(-1)?.trim() ?? '';
}
