import { basename, dirname } from 'node:path';
import { ConfigError } from '#libs/config';
import { runCommand } from './command.js';

/**
 * Checks that ssh can read a private key by itself: of one that it can't it says nothing, or nothing that differs from a
 * server's refusal, and every repository would be gone. Throws ConfigError. Passes where there is no ssh-keygen.
 */
export async function checkSshKey(
  path: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const args = ['-y', '-P', '', '-f', basename(path)];
  const finished = await runCommand({ binary: 'ssh-keygen', args, cwd: dirname(path), env }, signal).catch(() => null);
  if (finished === null || finished.code === 0) return;
  const why = finished.stderr.trim().split('\n').at(-1)?.trim() ?? '';
  throw new ConfigError([`STOA_SSH_KEY_FILE is no private key without a passphrase: ${why}`]);
}
