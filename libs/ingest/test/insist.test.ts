import { describe, expect, it } from 'vitest';
import { RefusalError } from '#libs/protocol';
import { insist } from '../src/insist.js';

const full = new RefusalError('busy', 'the storage is full');

describe('who insists', () => {
  it('tries again while the storage is in trouble, and gives what came of it', async () => {
    const failures = [full, new RefusalError('timeout', 'the storage does not answer')];
    const attempt = async (): Promise<string> => {
      const failure = failures.shift();
      if (failure) throw failure;
      return 'done';
    };
    expect(await insist(attempt, new AbortController().signal)).toBe('done');
  });

  it('gives up at once for any other failure', async () => {
    let tries = 0;
    const attempt = async (): Promise<void> => {
      tries++;
      throw new RefusalError('forbidden', 'no');
    };
    await expect(insist(attempt, new AbortController().signal)).rejects.toMatchObject({ kind: 'forbidden' });
    expect(tries).toBe(1);
  });

  it('gives up with the last failure when it is told to end', async () => {
    const end = new AbortController();
    const attempt = async (): Promise<void> => {
      queueMicrotask(() => end.abort());
      throw full;
    };
    await expect(insist(attempt, end.signal)).rejects.toBe(full);
  });
});
