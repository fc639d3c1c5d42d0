import { join } from 'node:path';

import type { VcsCredentials } from '#libs/config';
import { sshProxyCommand } from '../guard/ssh-command.js';

/** Files of ssh below the go command's HOME. */
export interface SshFiles {
  readonly config: string;
  /** Copies of the credentials. */
  readonly key: string;
  readonly knownHosts: string;
}

/** Names them. */
export function sshFiles(home: string): SshFiles {
  const file = (name: string): string => join(home, '.ssh', name);
  return { config: file('config'), key: file('key'), knownHosts: file('known_hosts') };
}

/**
 * The ssh that git runs; git gives it to a shell. OpenSSH takes the account's home from the system, whatever HOME says:
 * without -F the files of the account would count, with keys that nobody gave to Stoa, hosts that need no check, and
 * connections past the guard.
 */
export const SSH_COMMAND = 'ssh -F "$HOME/.ssh/config"';

/** The whole configuration of ssh (ssh_config(5)); with -F neither the account's nor the system's is read. */
export function sshConfig(home: string, vcs: VcsCredentials): string {
  const files = sshFiles(home);
  return [
    // Go no longer sets it by itself (1.26), and without it ssh may wait for a passphrase.
    'BatchMode yes',
    // A host is known or refused; nobody is there to accept it, and no server adds to the list.
    'StrictHostKeyChecking yes',
    `UserKnownHostsFile ${quoted(files.knownHosts)}`,
    'UpdateHostKeys no',
    // The agent of SSH_AUTH_SOCK is asked only where no key is given.
    ...(vcs.sshKeyFile ? identity(files.key, vcs.sshKeyFile) : ['IdentityFile none']),
    'ConnectTimeout 30',
    'ServerAliveInterval 15',
    `ProxyCommand ${sshProxyCommand()}`,
    '',
  ].join('\n');
}

/** The copy of a key, and the certificate beside the key itself: no secret, and renewed while this worker runs. */
function identity(copy: string, key: string): string[] {
  return [`IdentityFile ${quoted(copy)}`, `CertificateFile ${quoted(`${key}-cert.pub`)}`, 'IdentitiesOnly yes'];
}

function quoted(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}
