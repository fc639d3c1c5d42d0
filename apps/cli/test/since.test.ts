import { describe, expect, it } from 'vitest';
import { parseSince } from '../src/since.js';

describe('since when', () => {
  it.each([
    ['2026-01-31', '2026-01-31T00:00:00Z'],
    ['2026-01-31T12:00:00+02:00', '2026-01-31T10:00:00Z'],
  ])('%s is %s', (text, time) => {
    expect(parseSince(text)).toEqual({ text, time: Date.parse(time) });
  });

  it('is so long ago, when it is a duration', () => {
    const before = Date.now();
    const ago = parseSince('36h').time + 36 * 3_600_000;
    expect(ago).toBeGreaterThanOrEqual(before);
    expect(ago).toBeLessThanOrEqual(Date.now());
  });

  it.each(['', 'monday', '5', '2026-02-30', '2026-1-1'])('is never %j', (text) => {
    expect(() => parseSince(text)).toThrow('It is no time');
  });
});
