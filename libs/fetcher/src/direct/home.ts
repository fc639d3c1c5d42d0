import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { VcsCredentials } from '#libs/config';
import { gitProtocols, type GoFolders } from './environment.js';
import { GIT_SCRIPT } from './git-script.js';
import { sshConfig, sshFiles } from './ssh-config.js';

const FOR_OWNER_ONLY = 0o600;
const FOR_OWNER_TO_RUN = 0o700;

/**
 * Makes the go command's folders and furnishes its HOME with copies of the credentials, which tools refuse when
 * others may read them. What is no longer configured is removed. Throws when a credential file can't be read.
 * `env`: of the go command.
 */
export async function furnishHome(
  folders: GoFolders,
  vcs: VcsCredentials,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await mkdir(join(folders.home, '.ssh'), { recursive: true });
  // The kept repositories are as private as the credentials.
  for (const folder of [dirname(folders.home), folders.home]) await chmod(folder, 0o700);
  for (const folder of [folders.bin, folders.gopath, folders.cache, folders.empty, folders.vcs, folders.jobs]) {
    await mkdir(folder, { recursive: true });
  }
  await keep(join(folders.bin, 'git'), GIT_SCRIPT, FOR_OWNER_TO_RUN);
  const ssh = sshFiles(folders.home);
  await keep(join(folders.home, '.netrc'), await netrc(vcs));
  await keep(join(folders.home, '.gitconfig'), gitConfig(vcs, env));
  await keep(ssh.config, sshConfig(folders.home, vcs));
  await keep(ssh.key, vcs.sshKeyFile ? await sshKey(vcs.sshKeyFile) : null);
  await keep(ssh.knownHosts, vcs.sshKnownHostsFile ? await readFile(vcs.sshKnownHostsFile, 'utf8') : null);
}

/** A key as ssh reads it: stores of secrets like to lose its last line's end, or to give its lines that of Windows. */
async function sshKey(path: string): Promise<string> {
  return `${(await readFile(path, 'utf8')).replaceAll('\r\n', '\n').trimEnd()}\n`;
}

/** Whole or not at all: workers that share the data folder write it while another's git reads it. */
async function keep(path: string, content: string | null, mode = FOR_OWNER_ONLY): Promise<void> {
  if (content === null) return rm(path, { force: true });
  const draft = join(dirname(path), `.draft-${randomUUID()}`);
  await writeFile(draft, content, { mode });
  await rename(draft, path);
}

/** The token goes first: of several entries for a host the first one counts. */
async function netrc(vcs: VcsCredentials): Promise<string | null> {
  const token = vcs.githubToken ? `machine github.com login x-access-token password ${vcs.githubToken}\n` : '';
  const file = vcs.netrcFile ? await readFile(vcs.netrcFile, 'utf8') : '';
  return `${token}${file}` || null;
}

/**
 * Settings of git. Protocols stand before the user's file, which may allow more. They are not in GIT_ALLOW_PROTOCOL,
 * because the go command takes that for a list of secure protocols: http in it would be taken for any module.
 */
function gitConfig(vcs: VcsCredentials, env: Readonly<Record<string, string>>): string {
  const certificates = env['SSL_CERT_FILE'];
  return [
    '[protocol]\n\tallow = never',
    ...gitProtocols(vcs, env).map((protocol) => `[protocol "${protocol}"]\n\tallow = always`),
    // A host that stops sending must not hold the repository's lock for ever, should nobody be left to end git.
    '[http]\n\tlowSpeedLimit = 1\n\tlowSpeedTime = 120',
    // Go reads the variable by itself, git does not.
    ...(certificates ? [`\tsslCAInfo = ${quoted(certificates)}`] : []),
    // Housekeeping in the background would outlive its command.
    '[gc]\n\tautoDetach = false',
    '[maintenance]\n\tautoDetach = false',
    ...(vcs.gitConfigFile ? [`[include]\n\tpath = ${quoted(vcs.gitConfigFile)}`] : []),
    '[core]\n\thooksPath = /dev/null',
    '',
  ].join('\n');
}

function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
