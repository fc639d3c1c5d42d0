import { InvalidValue } from './invalid-value.js';

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The longest delay of a Node timer, in milliseconds: a longer one fires at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Reads a duration in Go's notation (`30s`, `5m`, `1h30m`, `500ms`, `1.5s`, `0`) in whole milliseconds.
 * Throws InvalidValue.
 */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) throw new InvalidValue('is not a duration such as 30s or 5m');
  let total = 0;
  for (const [, amount, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(amount) * (MILLISECONDS[unit] ?? Number.NaN);
  }
  const rounded = Math.round(total);
  if (!Number.isSafeInteger(rounded)) throw new InvalidValue('is longer than a duration can be');
  return rounded;
}
