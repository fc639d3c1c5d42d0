import { isIP } from 'node:net';
import { InvalidValue } from './invalid-value.js';
import { withoutBrackets } from './without-brackets.js';

/**
 * Reads host patterns separated by `,`: a host name, `*.domain` for every name below it, an address, or `*` for all.
 * Gives them as hosts are compared: lower case, addresses in their usual form and without brackets. Throws InvalidValue.
 */
export function parseHostPatterns(text: string): readonly string[] {
  const entries = text.split(',').map((entry) => entry.trim());
  return entries.flatMap((entry, index) => {
    if (entry === '') return [];
    const pattern = hostPattern(entry);
    if (pattern !== null) return [pattern];
    throw new InvalidValue(`has no host name, *.domain or address in entry ${index + 1}`);
  });
}

function hostPattern(entry: string): string | null {
  if (entry === '*') return entry;
  if (!entry.startsWith('*.')) return plainHost(entry);
  const domain = plainHost(entry.slice(2));
  return domain === null || isIP(domain) ? null : `*.${domain}`;
}

/** The URL parser knows every way to write an address: 127.1, 0x7f000001, [::FFFF:7f00:1]. */
function plainHost(entry: string): string | null {
  const text = isIP(entry) === 6 ? `[${entry}]` : entry;
  if (!/^(\[[\da-f:.]+\]|[\w.-]+)$/i.test(text) || text.startsWith('.')) return null;
  const host = URL.parse(`http://${text}/`)?.hostname ?? '';
  return withoutBrackets(host).replace(/\.$/, '') || null;
}
