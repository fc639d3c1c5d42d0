import { createHash } from 'node:crypto';
import type { SumdbConfig } from './config.js';
import { hasInsecureCredentials } from './insecure-credentials.js';
import { InvalidValue } from './invalid-value.js';

/** The one alias that the go command knows (cmd/go/internal/modfetch, dbDial). */
const ALIASES = new Map([['sum.golang.google.cn', 'sum.golang.org https://sum.golang.google.cn']]);

const ED25519 = 1;
const ED25519_KEY_BYTES = 32;

/**
 * Reads checksum databases separated by `,`, each as in GOSUMDB: `name`, `name+hash+key`, `name+hash+key url`.
 * `off` and the empty text are none. Throws InvalidValue.
 */
export function parseSumdbs(text: string): readonly SumdbConfig[] {
  if (text.trim() === 'off') return [];
  const databases = text
    .split(',')
    .filter((entry) => entry.trim() !== '')
    .map((entry) => parseSumdb(entry.trim()));
  const names = new Set(databases.map(({ name }) => name));
  if (names.size < databases.length) throw new InvalidValue('names a checksum database twice');
  return databases;
}

/** Reads GOSUMDB: one checksum database, or `off`; empty is let through. Throws InvalidValue. */
export function checkGosumdb(text: string): string {
  const { length } = parseSumdbs(text);
  if (length > 1) throw new InvalidValue('names more than one checksum database');
  // To take it for `off` would be to store unverified what go refuses.
  if (length === 0 && text !== '' && text.trim() !== 'off') throw new InvalidValue('names no checksum database');
  return text;
}

function parseSumdb(entry: string): SumdbConfig {
  const [key = '', url, ...more] = (ALIASES.get(entry) ?? entry).split(/\s+/);
  if (more.length > 0) throw new InvalidValue('has too many fields: write name, name+hash+key or name+hash+key url');
  const name = key.split('+', 1)[0] ?? '';
  checkName(name);
  if (key !== name) checkVerifierKey(key);
  if (url !== undefined) checkUrl(url);
  return { name, ...(key !== name && { verifierKey: key }), ...(url !== undefined && { url }) };
}

/** A name is `host` or `host/path`: it becomes a URL and a path of the storage. */
function checkName(name: string): void {
  const url = URL.canParse(`https://${name}`) ? new URL(`https://${name}`) : undefined;
  const plain =
    /^[\w.-]+(?::\d+)?(?:\/[\w.~-]+)*$/.test(name) && !name.split('/').some((part) => /^\.{1,2}$/.test(part));
  if (!url || !plain) throw new InvalidValue('has a checksum database whose name is not host or host/path');
}

/** `<name>+<hash>+<key>`: eight hex digits, then base64 of the algorithm and the key (golang.org/x/mod/sumdb/note). */
function checkVerifierKey(text: string): void {
  const [, name, hash, encoded = ''] = /^([^+]+)\+([\da-f]{8})\+(.+)$/.exec(text) ?? [];
  const key = Buffer.from(encoded, 'base64');
  const wholesome = key.length === 1 + ED25519_KEY_BYTES && key[0] === ED25519 && key.toString('base64') === encoded;
  const digest = createHash('sha256').update(`${name}\n`).update(key).digest('hex');
  if (!wholesome || digest.slice(0, 8) !== hash) {
    throw new InvalidValue('has a malformed verifier key: it is <name>+<hash>+<key>, copied whole');
  }
}

function checkUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new InvalidValue('has a checksum database whose URL is not http or https');
  if (hasInsecureCredentials(text))
    throw new InvalidValue('has credentials in the http URL of a checksum database, which go refuses: use https');
}
