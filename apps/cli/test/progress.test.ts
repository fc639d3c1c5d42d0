import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Progress } from '../src/progress.js';

describe('progress', () => {
  let written: string[];
  const output = (isTTY: boolean) => ({ isTTY, columns: 60, write: (text: string) => written.push(text) });

  beforeEach(() => {
    written = [];
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  });
  afterEach(() => void vi.useRealTimers());

  it('is a line every five seconds where there is no terminal', () => {
    const progress = new Progress('importing', { output: output(false) });
    for (let n = 0; n < 50; n++) progress.advance();
    vi.advanceTimersByTime(4_999);
    expect(written).toEqual([]);
    vi.advanceTimersByTime(1);
    progress.expect(200);
    vi.advanceTimersByTime(5_000);
    progress.end();
    vi.advanceTimersByTime(60_000);
    expect(written).toEqual([
      'stoa: importing: 50, 10 a second\n',
      'stoa: importing: 50 of 200, 5.0 a second, 30 s left\n',
    ]);
  });

  it('is a bar on a terminal, no wider than that, and is erased at the end', () => {
    const progress = new Progress('importing', { output: output(true) });
    progress.expect(4);
    progress.skip();
    progress.advance();
    vi.advanceTimersByTime(100);
    progress.end();
    expect(written[0]).toMatch(/importing \[={12} {12}\] 2 of 4, 10 a sec\w*.*\r$/);
    expect(written[0]).toContain('\x1b[2K');
    expect(written[0]?.length).toBeLessThan(60 + 6);
    expect(written.at(-1)).toBe('\x1b[2K');
  });

  it('is whole on a terminal that was told no size', () => {
    const progress = new Progress('importing', { output: { ...output(true), columns: 0 } });
    progress.expect(2);
    progress.advance();
    vi.advanceTimersByTime(100);
    progress.end();
    expect(written[0]).toMatch(/importing \[={12} {12}\] 1 of 2, 10 a second, 1 s left\r$/);
  });

  it('is nothing when that is wanted', () => {
    const progress = new Progress('importing', { quiet: true, output: output(true) });
    progress.advance();
    vi.advanceTimersByTime(10_000);
    progress.end();
    expect(written).toEqual([]);
  });
});
