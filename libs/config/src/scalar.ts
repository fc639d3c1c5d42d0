import { InvalidValue } from './invalid-value.js';

const BOOLEANS = new Map([
  ['on', true],
  ['true', true],
  ['1', true],
  ['off', false],
  ['false', false],
  ['0', false],
]);

/** Reads `on`, `off`, `true`, `false`, `1` and `0`, whatever the case. Throws InvalidValue. */
export function parseBoolean(text: string): boolean {
  const value = BOOLEANS.get(text.toLowerCase());
  if (value === undefined) throw new InvalidValue('is not on or off');
  return value;
}

/** Reads a whole number within bounds, both included. Throws InvalidValue. */
export function parseNumber(text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new InvalidValue(`is not a whole number from ${least} to ${most}`);
  return value;
}
