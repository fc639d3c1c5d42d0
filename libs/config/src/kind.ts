import { resolve } from 'node:path';
import { z } from 'zod';
import { parseListenAddress } from './address.js';
import { LONGEST_TIMER, parseDuration } from './duration.js';
import { InvalidValue } from './invalid-value.js';
import { parseSize } from './size.js';
import { parseBoolean, parseNumber } from './scalar.js';

/** Makes a schema of what a parser of texts understands. `name` is what the documentation calls such a value. */
export function kind<T>(name: string, parse: (text: string) => T): z.ZodType<T, string> {
  return z
    .string()
    .transform((text, context) => {
      try {
        return parse(text);
      } catch (error) {
        if (!(error instanceof InvalidValue)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
        return z.NEVER;
      }
    })
    .describe(name);
}

/** Any text. */
export const text = (name = 'text') => kind(name, (value) => value);

/** One of a few words. */
export function choice<const W extends readonly string[]>(...words: W) {
  return z
    .enum(words, { error: `is not one of ${words.join(', ')}` })
    .describe(words.map((word) => `\`${word}\``).join(', '));
}

/** A switch. */
export const onOff = () => kind('`on`, `off`', parseBoolean);

/** An amount of bytes. */
export const size = () => kind('size', parseSize);

/** Where a listener binds. */
export const address = () => kind('address', parseListenAddress);

/** A path, made absolute from the working directory. */
export const path = () => kind('path', (value) => resolve(value));

/** A command that is looked up in PATH, or the path of one, made absolute: commands run in folders of their own. */
export const command = () => kind('name or path', (value) => (value.includes('/') ? resolve(value) : value));

/** A whole number within bounds, both included. */
export const number = (least: number, most: number) => kind('number', (value) => parseNumber(value, least, most));

/** A duration that may be nothing and that no timer waits for. */
export const duration = () => kind('duration', parseDuration);

/** A duration that a timer waits for, in milliseconds. */
export const delay = (least = 0) =>
  kind('duration', (value) => {
    const milliseconds = parseDuration(value);
    if (milliseconds < least) throw new InvalidValue(`is too short: at least ${least}ms`);
    if (milliseconds > LONGEST_TIMER) throw new InvalidValue('is too long: at most 596h');
    return milliseconds;
  });
