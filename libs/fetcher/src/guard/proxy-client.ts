/**
 * Who asks the forward proxy: each gets its address with a user name of its own. `plain-go` is the go command in a run
 * that gets no tunnel.
 */
export type ProxyClient = 'go' | 'plain-go' | 'git' | 'ssh';

/** All of them. */
export const PROXY_CLIENTS: readonly ProxyClient[] = ['go', 'plain-go', 'git', 'ssh'];

/** Names the proxy's URL for the program that ssh runs in place of a connection. */
export const SSH_PROXY = 'STOA_SSH_PROXY';
