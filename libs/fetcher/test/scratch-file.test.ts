import { closeSync, openSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { ScratchFile } from '../src/upstream/scratch-file.js';
import { folder } from './fetching.js';

const chunk = (byte: number, size: number): Buffer => Buffer.alloc(size, byte);

/** A scratch file whose bytes go to a device that is always full. */
async function full() {
  const scratch = await folder();
  const file = new ScratchFile(scratch);
  closeSync(Reflect.get(file, 'file') as number);
  Reflect.set(file, 'file', openSync('/dev/full', 'w'));
  return { scratch, file };
}

describe('a scratch file', () => {
  test.each([
    ['nothing', 0, 1000],
    ['one chunk', 1, 1000],
    ['many small chunks', 3000, 1000],
    ['a megabyte to the byte', 16, 65_536],
    ['many large chunks', 100, 100_000],
  ])('holds %s in their order', async (_name, count, size) => {
    const file = new ScratchFile(await folder());
    const chunks = Array.from({ length: count }, (_, index) => chunk(index % 251, size));
    for (const one of chunks) await file.write(one);
    const { path, size: written, start } = await file.finish();
    const whole = Buffer.concat(chunks);
    expect(written).toBe(whole.length);
    expect(whole.equals(await readFile(path))).toBe(true);
    expect(start).toEqual(whole.subarray(0, 4));
  });

  test('takes what comes although it asked to wait', async () => {
    const file = new ScratchFile(await folder());
    const chunks = Array.from({ length: 200 }, (_, index) => chunk(index, 65_536));
    expect(chunks.map((one) => file.write(one)).some((wait) => wait !== undefined)).toBe(true);
    const { path } = await file.finish();
    expect(Buffer.concat(chunks).equals(await readFile(path))).toBe(true);
  });

  test('keeps its first bytes however they come', async () => {
    const file = new ScratchFile(await folder());
    for (const byte of [80, 75, 3, 4, 5]) await file.write(Buffer.from([byte]));
    expect((await file.finish()).start).toEqual(Buffer.from([80, 75, 3, 4]));
  });

  describe('on a disk that is full', () => {
    test('says so at the first write', async () => {
      const { file } = await full();
      expect(() => file.write(chunk(1, 1000))).toThrow('ENOSPC');
      await file.discard();
    });

    test('says so at a later write, or in the end', async () => {
      const { scratch, file } = await full();
      await file.write(chunk(1, 3 << 20));
      expect(() => file.write(chunk(1, 1000))).toThrow('ENOSPC');
      await expect(file.finish()).rejects.toThrow('ENOSPC');
      await file.discard();
      expect(await readdir(scratch)).toEqual([]);
    });
  });
});
