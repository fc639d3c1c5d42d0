import { SSH_PROXY, type ProxyClient } from './proxy-client.js';

/**
 * The variables that lead children through the forward proxy. Go reads the upper-case names first, git (libcurl) the
 * lower-case ones, so each comes with a user name of its own. Rules for exceptions are the proxy's: here are none.
 */
export function childEnvironment(urlFor: (client: ProxyClient) => string): Record<string, string> {
  const git = urlFor('git');
  return {
    ...goProxies(urlFor('go')),
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
 * What one run of the go command needs besides. No variable makes go use a proxy for this machine, and a page or a
 * redirect may name one (`go-import ... mod http://127.0.0.1:...`). So a run has no plain HTTP, or it has nothing else:
 * what comes over that is read by the proxy, what comes over TLS is not.
 *
 * A program that takes itself for a CGI script (REQUEST_METHOD) has no plain HTTP at all once HTTP_PROXY is set: it is
 * refused before the look at the host (x/net/http/httpproxy). What is left is https to this machine, which ends at its
 * certificate before anything is asked, unless GOINSECURE says that certificates do not matter.
 */
export function schemeRule(scheme: 'http' | 'https', urlFor: (client: ProxyClient) => string): Record<string, string> {
  return scheme === 'https' ? { REQUEST_METHOD: 'GET' } : goProxies(urlFor('plain-go'));
}

function goProxies(url: string): Record<string, string> {
  return { HTTP_PROXY: url, HTTPS_PROXY: url };
}
