import { matchPrefixPatterns } from '#libs/protocol';
import { SSH_PROXY, type ProxyClient } from './proxy-client.js';

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
