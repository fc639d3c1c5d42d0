import { describe, expect, it } from 'vitest';
import { printable } from '../src/index.js';

describe('a printable line', () => {
  it('is what was given when all of it shows and fits', () => {
    expect(printable('example.com/é 日本 ☺', 64)).toBe('example.com/é 日本 ☺');
  });

  it('has the escapes of go for what does not show', () => {
    expect(printable('a\nb\r\t\0\x1b\x7f\u0085\u202e\u{e0001}', 64)).toBe(
      'a\\nb\\r\\t\\x00\\x1b\\x7f\\u0085\\u202e\\U000e0001',
    );
  });

  it('has a replacement character for half a pair', () => {
    expect(printable('a\ud800b', 64)).toBe('a\ufffdb');
  });

  it('is cut between characters, to a number of bytes', () => {
    expect(printable('abcdefgh', 8)).toBe('abcdefgh');
    expect(printable('abcdefghi', 8)).toBe('abcde...');
    expect(printable('éééééé', 8)).toBe('éé...');
    expect(printable('日'.repeat(1_000_000), 8)).toBe('日...');
  });
});
