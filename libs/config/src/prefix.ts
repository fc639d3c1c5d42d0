import { InvalidValue } from './invalid-value.js';

/** Reads `/prefix` or `/a/b` without its last slash; `/` is the empty prefix. Throws InvalidValue. */
export function parseBasePath(text: string): string {
  const path = text.replace(/\/$/, '');
  if (!/^(?:\/[\w.~-]+)*$/.test(path) || /\/\.{1,2}(?:\/|$)/.test(path)) {
    throw new InvalidValue('is not a path such as /go of letters, digits and . _ ~ -');
  }
  return path;
}

/** Reads a prefix of object keys without its outer slashes. Throws InvalidValue. */
export function parseKeyPrefix(text: string): string {
  const prefix = text.replace(/^\/|\/$/g, '');
  if (!/^[\w.-]+(?:\/[\w.-]+)*$/.test(prefix) || /(?:^|\/)\.{1,2}(?:\/|$)/.test(prefix)) {
    throw new InvalidValue('is not a prefix such as stoa/modules of letters, digits and . _ -');
  }
  return prefix;
}

/** Reads the prefix of queue keys; braces keep a Redis Cluster's keys together. Throws InvalidValue. */
export function parseQueuePrefix(text: string): string {
  if (!/^[\w.{}-]{1,100}$/.test(text)) throw new InvalidValue('is not a prefix of letters, digits and . _ - { }');
  return text;
}
