const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Tells whether a text is a time as RFC 3339 writes it, on a day that exists; leap seconds are refused, as go does. */
export function isRfc3339(text: string): boolean {
  const match = RFC3339.exec(text);
  if (match === null) return false;

  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const date = new Date(0);
  // setUTCFullYear takes the years 0 to 99 as they are, which Date.UTC does not.
  date.setUTCFullYear(year, month - 1, day);
  // A day that the month does not have is in another month.
  return date.getUTCMonth() === month - 1 && hour < 24 && minute < 60 && second < 60;
}
