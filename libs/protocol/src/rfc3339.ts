const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

const SECOND = 1_000_000_000n;

/**
 * Reads a time as RFC 3339 writes it: nanoseconds since the epoch, what is finer is cut off. Null for any other text,
 * for a day that does not exist, and for leap seconds, as go does.
 */
export function parseRfc3339(text: string): bigint | null {
  const match = RFC3339.exec(text);
  if (match === null) return null;

  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const date = new Date(0);
  // setUTCFullYear takes the years 0 to 99 as they are, which Date.UTC does not.
  date.setUTCFullYear(year, month - 1, day);
  // A day that the month does not have is in another month.
  if (date.getUTCMonth() !== month - 1 || hour > 23 || minute > 59 || second > 59) return null;

  const [fraction = '', sign = '+', hours = '0', minutes = '0'] = match.slice(7);
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60 : 60);
  const seconds = date.getTime() / 1000 + (hour * 60 + minute) * 60 + second - offset;
  return BigInt(seconds) * SECOND + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}

/** Tells whether a text is a time as RFC 3339 writes it, on a day that exists; leap seconds are refused, as go does. */
export function isRfc3339(text: string): boolean {
  return parseRfc3339(text) !== null;
}

/**
 * Writes nanoseconds since the epoch in RFC 3339, in UTC, always with nine digits of fraction: the order of such texts
 * is the order of time. From 1970 to 9999.
 */
export function formatRfc3339(nanoseconds: bigint): string {
  const seconds = new Date(Number(nanoseconds / SECOND) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(nanoseconds % SECOND).padStart(9, '0')}Z`;
}
