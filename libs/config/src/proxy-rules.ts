import { BlockList, isIP } from 'node:net';
import { withoutBrackets } from './without-brackets.js';

/** Says which HTTP proxy a URL is asked through; null is none. */
export type ProxyRules = (url: URL) => URL | null;

type Exception = (host: string, port: string) => boolean;

/**
 * Reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY (or their lower-case forms) of an environment with Go's meaning
 * (golang.org/x/net/http/httpproxy): NO_PROXY knows domains, addresses, CIDR ranges, ports and `*`, and what is on
 * this machine is never asked through a proxy. undici's own EnvHttpProxyAgent differs in all of these and sends https
 * through HTTP_PROXY. Throws an Error of one line, without the value, when a proxy is no URL.
 */
export function proxyRules(env: Readonly<Record<string, string>>): ProxyRules {
  const http = proxyUrl('HTTP_PROXY', env);
  const https = proxyUrl('HTTPS_PROXY', env);
  const exceptions = (env.NO_PROXY || env.no_proxy || '')
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .map(exceptionFor);

  return (url) => {
    const proxy = url.protocol === 'https:' ? https : http;
    if (proxy === null) return null;
    const host = withoutBrackets(url.hostname);
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    return isOwnMachine(host) || exceptions.some((matches) => matches(host, port)) ? null : proxy;
  };
}

function proxyUrl(name: string, env: Readonly<Record<string, string>>): URL | null {
  const value = env[name] || env[name.toLowerCase()] || '';
  if (value === '') return null;
  const url = URL.parse(value.includes('://') ? value : `http://${value}`);
  if (url === null || url.hostname === '' || !/^(https?|socks5):$/.test(url.protocol)) {
    throw new Error(`${name}: not the URL of a proxy (http, https or socks5)`);
  }
  return url;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function isOwnMachine(host: string): boolean {
  return host === 'localhost' || isIn(LOOPBACK, host);
}

function exceptionFor(entry: string): Exception {
  if (entry === '*') return () => true;

  const range = /^(.+)\/(\d{1,3})$/.exec(entry);
  if (range !== null) return rangeException(range[1] ?? '', Number(range[2]));

  const [, host, port] = isIP(entry)
    ? [entry, entry, '']
    : (/^\[?(.+?)\]?(?::(\d+))?$/.exec(entry) ?? [entry, entry, '']);
  const matchesPort = (actual: string): boolean => !port || port === actual;
  if (host !== undefined && isIP(host)) {
    const address = new BlockList();
    address.addAddress(host, familyOf(host));
    return (actual, actualPort) => isIn(address, actual) && matchesPort(actualPort);
  }

  const name = (host ?? entry).replace(/^\*\./, '.');
  const suffix = name.startsWith('.') ? name : `.${name}`;
  return (actual, actualPort) =>
    !isIP(actual) && (actual === name || actual.endsWith(suffix)) && matchesPort(actualPort);
}

function rangeException(address: string, prefix: number): Exception {
  if (!isIP(address) || prefix > (familyOf(address) === 'ipv4' ? 32 : 128)) return () => false;
  const range = new BlockList();
  range.addSubnet(address, prefix, familyOf(address));
  return (host) => isIn(range, host);
}

function isIn(list: BlockList, host: string): boolean {
  return isIP(host) !== 0 && list.check(host, familyOf(host));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
