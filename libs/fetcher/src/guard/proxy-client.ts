/** Who asks the forward proxy: each gets its address with a user name of its own. */
export type ProxyClient = 'go' | 'git' | 'ssh';

/** All of them. */
export const PROXY_CLIENTS: readonly ProxyClient[] = ['go', 'git', 'ssh'];
