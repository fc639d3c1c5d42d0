import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { matchPrefixPatterns } from '#libs/protocol';
import type { ProxyClient } from './proxy-client.js';

/** Names the proxy's URL for the program that ssh runs in place of a connection. */
export const SSH_PROXY = 'STOA_SSH_PROXY';

/**
 * The variables that lead children through the forward proxy. Go reads the upper-case names first, git (libcurl) the
 * lower-case ones, so each comes with a user name of its own. Rules for exceptions are the proxy's: here are none.
 */
export function childEnvironment(urlFor: (client: ProxyClient) => string): Record<string, string> {
  const [go, git] = [urlFor('go'), urlFor('git')];
  return {
    HTTP_PROXY: go,
    HTTPS_PROXY: go,
    http_proxy: git,
    https_proxy: git,
    ALL_PROXY: git,
    all_proxy: git,
    NO_PROXY: '',
    no_proxy: '',
    // Without it libcurl first asks the proxy how to log in, at each connection.
    GIT_HTTP_PROXY_AUTHMETHOD: 'basic',
    [SSH_PROXY]: urlFor('ssh'),
  };
}

/**
 * What one run of the go command needs besides. No variable makes go use a proxy for localhost, and a page may name
 * one (`go-import ... mod http://127.0.0.1:...`). But a program that takes itself for a CGI script (REQUEST_METHOD) has
 * no plain HTTP at all once HTTP_PROXY is set: it is refused before the look at the host (x/net/http/httpproxy). What
 * is left is https to this machine, which ends at its certificate before anything is asked. Modules in GOINSECURE need
 * plain HTTP; what their hosts say on it is read by the proxy.
 */
export function plainHttpRule(module: string, insecure: string): Record<string, string> {
  return matchPrefixPatterns(insecure, module) ? {} : { REQUEST_METHOD: 'GET' };
}

/** The ProxyCommand of ssh: a program of ours, for no other is sure to be there. ssh gives it to a shell. */
export function sshProxyCommand(): string {
  const words = [process.execPath, sshDialPath()].map((word) => shellQuoted(word).replaceAll('%', '%%'));
  return [...words, '%h', '%p'].join(' ');
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
