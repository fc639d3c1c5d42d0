import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { GatheredBytes } from '../src/gathered-bytes.js';

test.each([
  ['nothing', []],
  ['one chunk', ['module example.com/m\n']],
  ['chunks of any size, none among them', ['m', '', 'odule example', '.com/m', '\n', 'x'.repeat(100_000), 'y']],
])('gathered bytes are those of %s', (_name, chunks) => {
  const gathered = new GatheredBytes();
  for (const chunk of chunks) gathered.write(Buffer.from(chunk));
  expect(gathered.bytes().toString()).toBe(chunks.join(''));
});

test('gathered bytes take no more memory when they come a byte at a time', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = (): number => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const read = Buffer.alloc(1 << 20, 'x');
  const gathered = new GatheredBytes();
  const before = held();
  for (let at = 0; at < read.length; at++) gathered.write(read.subarray(at, at + 1));
  expect(held() - before).toBeLessThan(16 << 20);
  expect(gathered.bytes().equals(read)).toBe(true);
});
