import { describe, expect, test } from 'vitest';
import { UPSTREAM_LIMITS } from '../src/upstream/limits.js';
import { Pace } from '../src/upstream/pace.js';

/** How many seconds a body of so many bytes, each so many milliseconds, is listened to: at most ten minutes. */
function secondsOf(bytes: number, every: number): number {
  let now = 0;
  const pace = new Pace(UPSTREAM_LIMITS, () => now);
  while (now < 600_000) {
    now += every;
    if (!pace.keepsUp(bytes)) break;
  }
  return now / 1000;
}

describe('a body', () => {
  test.each([
    [1, 1000, 30],
    [1, 50_000, 50],
    [100, 1000, 30],
    [16 << 10, 59_000, 600],
    [512, 1000, 600],
    [20 << 10, 1000, 600],
    [64 << 10, 3000, 600],
  ])('of %i bytes each %i ms is listened to for about %i s', (bytes, every, seconds) => {
    expect(secondsOf(bytes, every)).toBeGreaterThanOrEqual(seconds);
    expect(secondsOf(bytes, every)).toBeLessThan(seconds + every / 1000);
  });

  test('that begins fast and then drips is ended all the same', () => {
    let now = 0;
    const pace = new Pace(UPSTREAM_LIMITS, () => now);
    expect(pace.keepsUp(100 << 20)).toBe(true);
    now = 30_000;
    expect(pace.keepsUp(1)).toBe(true);
    now = 60_000;
    expect(pace.keepsUp(1)).toBe(false);
  });

  test('that our own disk holds up is not to blame', () => {
    let now = 0;
    const pace = new Pace(UPSTREAM_LIMITS, () => now);
    now = 300_000;
    pace.restart();
    now = 300_001;
    expect(pace.keepsUp(1)).toBe(true);
  });
});
