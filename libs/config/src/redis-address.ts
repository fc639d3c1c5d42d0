import type { RedisConfig } from './config.js';
import { parseHostPort, type HostPort } from './address.js';
import { InvalidValue } from './invalid-value.js';
import { withoutBrackets } from './without-brackets.js';

/** One Redis server, as a URL gives it. */
export type RedisUrl = Extract<RedisConfig, { kind: 'server' | 'socket' }>;

/** Members of a group of servers, and whether they are spoken to over TLS. */
export interface RedisNodes {
  readonly nodes: readonly HostPort[];
  readonly tls: boolean;
}

const SHAPE = 'is not a URL such as redis://user:password@host:6379/0, rediss://host or unix:///path?db=0';

/**
 * Reads `redis://`, `rediss://` (TLS) and `unix://` URLs; user and password are percent-decoded, the database is
 * the path or `?db=`. Throws InvalidValue, whose message holds nothing of the URL.
 */
export function parseRedisUrl(text: string): RedisUrl {
  return text.startsWith('unix:') ? parseSocketUrl(text) : parseServerUrl(text);
}

function parseServerUrl(text: string): RedisUrl {
  if (!/^rediss?:\/\//i.test(text) || !URL.canParse(text)) {
    throw new InvalidValue(`${SHAPE} (write / # ? @ % of a password as %2F %23 %3F %40 %25)`);
  }
  const url = new URL(text);
  if (url.hostname === '' || url.hash !== '') throw new InvalidValue(SHAPE);
  const path = url.pathname.replace(/^\//, '');
  if (path !== '' && url.search !== '') throw new InvalidValue('gives the database twice');
  return {
    kind: 'server',
    host: withoutBrackets(url.hostname),
    port: url.port === '' ? 6379 : Number(url.port),
    tls: url.protocol === 'rediss:',
    db: path === '' ? databaseOf(url.search) : database(path),
    ...credentials(url.username, url.password),
  };
}

function parseSocketUrl(text: string): RedisUrl {
  // The WHATWG parser refuses a user without a host, which a socket never has.
  const [, username = '', password = '', path, search = ''] =
    /^unix:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?(\/[^?#]+)(\?[^#]*)?$/.exec(text) ?? [];
  if (path === undefined) throw new InvalidValue(SHAPE);
  return { kind: 'socket', path: decoded(path), db: databaseOf(search), ...credentials(username, password) };
}

function databaseOf(search: string): number {
  const parameters = new URLSearchParams(search);
  for (const name of parameters.keys()) {
    if (name !== 'db') throw new InvalidValue('has a parameter other than db');
  }
  if (parameters.getAll('db').length > 1) throw new InvalidValue('gives the database twice');
  return database(parameters.get('db') ?? '0');
}

function database(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidValue('has a database that is not a number');
  return Number(text);
}

function credentials(username: string, password: string): { username?: string; password?: string } {
  return { ...(username && { username: decoded(username) }), ...(password && { password: decoded(password) }) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InvalidValue('has a % that is not the start of an escape (write %25)');
  }
}

/**
 * Reads `host:port,host:port`. `rediss://` before an entry means TLS for the whole group. Throws InvalidValue, whose
 * message counts the entry instead of quoting it.
 */
export function parseRedisNodes(text: string, defaultPort: number): RedisNodes {
  const schemes = new Set<string>();
  const nodes: HostPort[] = [];
  for (const [index, part] of text.split(',').entries()) {
    const entry = part.trim();
    if (entry === '') continue;
    const [, scheme, rest = ''] = /^(?:(rediss?):\/\/)?(.*)$/i.exec(entry) ?? [];
    if (scheme !== undefined) schemes.add(scheme.toLowerCase());
    if (rest.includes('@'))
      throw new InvalidValue(`has a user or password in entry ${index + 1}: they have settings of their own`);
    const node = parseHostPort(rest.replace(/\/$/, ''), defaultPort);
    if (!node || node.port === 0)
      throw new InvalidValue(`is not a list such as host:${defaultPort},host:${defaultPort} (entry ${index + 1})`);
    nodes.push(node);
  }
  if (nodes.length === 0) throw new InvalidValue('names no server');
  if (schemes.size > 1) throw new InvalidValue('mixes redis:// and rediss://: TLS is for all or none');
  return { nodes, tls: schemes.has('rediss') };
}
