import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SshDialArguments } from './ssh-dial.js';

/** As ssh writes them into a ProxyCommand. */
const ARGUMENTS: SshDialArguments = ['%h', '%p'];

/** The ProxyCommand of ssh: a program of ours, for no other is sure to be there. ssh gives it to a shell. */
export function sshProxyCommand(): string {
  const words = [process.execPath, sshDialPath()].map((word) => shellQuoted(word).replaceAll('%', '%%'));
  return [...words, ...ARGUMENTS].join(' ');
}

/** The compiled program; run from source, the built one is taken. */
function sshDialPath(): string {
  const compiled = fileURLToPath(new URL('./ssh-dial.js', import.meta.url));
  if (existsSync(compiled)) return compiled;
  return fileURLToPath(new URL('../../../../dist/libs/fetcher/src/guard/ssh-dial.js', import.meta.url));
}

/** A word as a shell reads it. */
function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
