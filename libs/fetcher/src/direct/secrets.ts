import { readFile } from 'node:fs/promises';

import type { GoConfig, VcsCredentials } from '#libs/config';

/** Shorter ones are words that stand in a text for other reasons. */
const SHORTEST_PASSWORD = 4;
const SHORTEST_TOKEN = 16;

/** The whole header, for what comes in it may have several words. */
const HEADER = /\b((?:proxy-)?authorization|[\w-]*token)(\s*[:=]\s*)(?=\S)[^\n"']+/gi;

/** Finds the passwords and tokens that the go command is given. Throws when a credential file can't be read. */
export async function findSecrets(vcs: VcsCredentials, go: GoConfig): Promise<readonly string[]> {
  const netrc = vcs.netrcFile ? await readFile(vcs.netrcFile, 'utf8') : '';
  const gitConfig = vcs.gitConfigFile ? await readFile(vcs.gitConfigFile, 'utf8') : '';
  const settings = [gitConfig, ...Object.values(go.extra), ...Object.values(go.inherited)];
  // A command that prints credentials may have one among its words, and go repeats the whole when it is malformed.
  const commands = [go.GOAUTH, go.extra['GOAUTH'] ?? ''].filter((auth) => auth.includes(' '));
  const passwords = [
    vcs.githubToken ?? '',
    ...commands,
    ...words(netrc, /\bpassword\s+(\S+)/g),
    ...settings.flatMap((text) => words(text, /:\/\/[^/\s:@]*:([^/\s@]+)@/g)),
    ...settings.flatMap((text) => words(text, /(?:authorization|token)\s*:\s*(?:\w+\s+)?([^\s"']+)/gi)),
  ];
  // Some hosts take a token for a login.
  const logins = [
    ...words(netrc, /\blogin\s+(\S+)/g),
    ...settings.flatMap((text) => words(text, /:\/\/([^/\s:@]+)@/g)),
  ];
  const secrets = [
    ...passwords.filter(({ length }) => length >= SHORTEST_PASSWORD),
    ...logins.filter(({ length }) => length >= SHORTEST_TOKEN),
  ];
  // The longer first: one may be a part of another.
  return [...new Set(secrets)].sort((one, other) => other.length - one.length);
}

/** Takes secrets out of what go and git say: the known ones, and whatever stands where one would stand. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) clean = clean.replaceAll(secret, '***');
  return clean.replaceAll(/(:\/\/)[^/\s@]+@/g, '$1***@').replaceAll(HEADER, '$1$2***');
}

function words(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, word]) => word ?? '');
}
