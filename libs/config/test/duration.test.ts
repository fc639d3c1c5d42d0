import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from '../src/duration.js';

describe('a duration', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1h30m5s250ms', 5_405_250],
    ['1.5s', 1500],
    ['0.5h', 1_800_000],
    ['1s1s', 2000],
    ['0.4ms', 0],
  ])('%s is %d milliseconds', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each([
    '',
    '5',
    '5 minutes',
    '5M',
    '-5s',
    '+5s',
    's',
    '1 s',
    ' 5s',
    '5s ',
    '1d',
    '1e3s',
    '.5s',
    '5.s',
    '5,5s',
    '1h30',
    'constructor',
  ])('%j is refused', (text) => {
    expect(() => parseDuration(text)).toThrow('is not a duration such as 30s or 5m');
  });

  it('refuses one that no number holds exactly', () => {
    expect(() => parseDuration(`${'9'.repeat(30)}h`)).toThrow('is longer than a duration can be');
  });

  it('is the sum of its parts', () => {
    const part = fc.nat(10_000);
    fc.assert(
      fc.property(part, part, part, part, (h, m, s, ms) => {
        expect(parseDuration(`${h}h${m}m${s}s${ms}ms`)).toBe(((h * 60 + m) * 60 + s) * 1000 + ms);
      }),
    );
  });
});
