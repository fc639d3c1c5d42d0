import { InvalidValue } from './invalid-value.js';

/**
 * Reads STOA_GO_ENV: `KEY=VALUE;KEY=VALUE`. A value may hold `,` `=` and spaces, `\;` is a semicolon in it, a later
 * entry wins, `KEY=` empties; white space around an entry and empty entries are dropped.
 * Throws InvalidValue, whose message counts the entry instead of quoting it, for it may be a piece of a secret.
 */
export function parseGoEnv(text: string): Readonly<Record<string, string>> {
  const variables = new Map<string, string>();
  for (const [index, part] of text.split(/(?<!\\);/).entries()) {
    const entry = part.trim().replaceAll('\\;', ';');
    if (entry === '') continue;
    const equals = entry.indexOf('=');
    if (equals < 0) {
      throw new InvalidValue(
        `has no = in entry ${index + 1}: write KEY=VALUE;KEY=VALUE, and \\; for a semicolon in a value`,
      );
    }
    const name = entry.slice(0, equals).trim();
    if (!/^[A-Za-z_]\w*$/.test(name))
      throw new InvalidValue(`has no name of a variable before the = of entry ${index + 1}`);
    if (entry.includes('\0')) throw new InvalidValue(`has a zero byte in entry ${index + 1}`);
    variables.delete(name);
    variables.set(name, entry.slice(equals + 1).trim());
  }
  return Object.fromEntries(variables);
}
