import { describe, expect, it } from 'vitest';
import { formatRfc3339, parseRfc3339 } from '../src/index.js';

describe('a time', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0n],
    ['2019-04-10T19:08:52.997264Z', 1554923332997264000n],
    ['2019-04-10T21:08:52.997264+02:00', 1554923332997264000n],
    ['2019-04-10T13:38:52.997264-05:30', 1554923332997264000n],
    ['2019-04-10T19:08:52.0000000019Z', 1554923332000000001n],
    ['1969-12-31T23:59:59.5Z', -500000000n],
    ['0001-01-01T00:00:00Z', -62135596800000000000n],
    ['9999-12-31T23:59:59.999999999-23:59', 253402387139999999999n],
  ])('%s is read to the nanosecond', (text, expected) => {
    expect(parseRfc3339(text)).toBe(expected);
  });

  it.each([
    '',
    'now',
    '2019-04-10',
    '2019-04-10 19:08:52Z',
    '2019-04-10T19:08:52',
    '2019-02-29T00:00:00Z',
    '1554923332',
  ])('%j is none', (text) => {
    expect(parseRfc3339(text)).toBeNull();
  });

  it('is written with nine digits, so that texts sort as times', () => {
    const times = [0n, 1n, 999_999_999n, 1_000_000_000n, 1554923332997264000n, 253402300799999999999n];
    const texts = times.map(formatRfc3339);
    expect(texts[4]).toBe('2019-04-10T19:08:52.997264000Z');
    expect(texts.toSorted()).toEqual(texts);
    expect(texts.map(parseRfc3339)).toEqual(times);
  });
});
