import { describe, expect, it } from 'vitest';
import { parseSize } from '../src/size.js';

describe('a size', () => {
  it.each([
    ['0', 0],
    ['1048576', 1_048_576],
    ['17B', 17],
    ['1kB', 1000],
    ['1KB', 1000],
    ['1KiB', 1024],
    ['64MiB', 67_108_864],
    ['64mib', 67_108_864],
    ['64 MiB', 67_108_864],
    ['5GB', 5_000_000_000],
    ['1GiB', 1_073_741_824],
    ['1.5GiB', 1_610_612_736],
    ['2TB', 2_000_000_000_000],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', 'MiB', '64M', '64Mi', '64 megabytes', '-1', '1.5', '1iB', '1e6', '0x10', '64MiB '])(
    '%j is refused',
    (text) => {
      expect(() => parseSize(text)).toThrow('is not a size such as 64MiB, 5GB or a number of bytes');
    },
  );

  it('refuses one that no number holds exactly', () => {
    expect(() => parseSize('99999TiB')).toThrow('is larger than a size can be');
  });
});
