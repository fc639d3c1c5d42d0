import { isIP } from 'node:net';
import { withoutBrackets } from '#libs/config';

/**
 * Gives a host as it is compared and dialled: lower case, without brackets and trailing dot, an address in its usual
 * form however it was written (`127.1`, `0x7f000001`, `2130706433`, `[::FFFF:7f00:1]`). Null when it is none. Resolvers
 * differ in which of these they take for a name, so no name that could be an address is left to them.
 */
export function canonicalHost(text: string): string | null {
  const host = isIP(text) === 6 ? `[${text}]` : text;
  if (!/^(\[[\da-f:.]+\]|[^\s:/?#@%\\[\]]+)$/i.test(host)) return null;
  const hostname = URL.parse(`http://${host}/`)?.hostname ?? '';
  return withoutBrackets(hostname).replace(/\.$/, '') || null;
}

/** Whether a canonical host matches one of the patterns: a host, `*.domain` (every name below it), `*`. */
export function matchesHost(patterns: readonly string[], host: string): boolean {
  return patterns.some(
    (pattern) =>
      pattern === '*' ||
      pattern === host ||
      (pattern.startsWith('*.') && !isIP(host) && host.endsWith(pattern.slice(1))),
  );
}
