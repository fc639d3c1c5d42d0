import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { TextBody } from '../src/upstream/text-body.js';

test.each([
  ['nothing', []],
  ['one chunk', ['module example.com/m\n']],
  ['chunks of any size, none among them', ['m', '', 'odule example', '.com/m', '\n', 'x'.repeat(100_000), 'y']],
])('a text body holds %s as it came', (_name, chunks) => {
  const body = new TextBody();
  for (const chunk of chunks) body.write(Buffer.from(chunk));
  expect(body.bytes().toString()).toBe(chunks.join(''));
});

test('a text body takes no more memory when it comes a byte at a time', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = (): number => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const read = Buffer.alloc(1 << 20, 'x');
  const body = new TextBody();
  const before = held();
  for (let at = 0; at < read.length; at++) body.write(read.subarray(at, at + 1));
  expect(held() - before).toBeLessThan(16 << 20);
  expect(body.bytes().equals(read)).toBe(true);
});
