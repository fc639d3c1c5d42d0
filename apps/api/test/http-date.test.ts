import { describe, expect, it } from 'vitest';
import { parseHttpDate } from '../src/http-date.js';

const TIME = Date.UTC(1994, 10, 6, 8, 49, 37) / 1000;

describe('a date of HTTP', () => {
  it.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
    'is read from %s',
    (text) => {
      expect(parseHttpDate(text)).toBe(TIME);
    },
  );

  it('has two digits for a year that is at most 50 years ahead', () => {
    expect(parseHttpDate('Monday, 01-Jan-01 00:00:00 GMT')).toBe(Date.UTC(2001, 0, 1) / 1000);
  });

  it.each([
    '',
    '1994',
    '1994-11-06T08:49:37Z',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'Sun, 06 Nov 1994 24:49:37 GMT',
    'sun, 06 nov 1994 08:49:37 gmt',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'x Sun, 06 Nov 1994 08:49:37 GMT',
  ])('is not "%s"', (text) => {
    expect(parseHttpDate(text)).toBeNull();
  });
});
