import { InvalidValue } from './invalid-value.js';

const UNITS = ['', 'k', 'm', 'g', 't'];

/** Reads a size (`64MiB`, `1GiB`, `5GB`, `1048576`) in bytes: `MiB` counts in 1024s, `MB` in 1000s. Throws InvalidValue. */
export function parseSize(text: string): number {
  const [, amount, unit = '', binary] = /^(\d+(?:\.\d+)?) ?(?:([kmgt]?)(i?)b)?$/i.exec(text) ?? [];
  if (amount === undefined || (unit === '' && (binary || amount.includes('.')))) {
    throw new InvalidValue('is not a size such as 64MiB, 5GB or a number of bytes');
  }
  const bytes = Math.round(Number(amount) * (binary ? 1024 : 1000) ** UNITS.indexOf(unit.toLowerCase()));
  if (!Number.isSafeInteger(bytes)) throw new InvalidValue('is larger than a size can be');
  return bytes;
}
