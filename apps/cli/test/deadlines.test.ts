import { expect, it } from 'vitest';
import { Deadlines } from '../src/import/deadlines.js';

it('works that begin at the same time share a deadline, which ends what takes too long', async () => {
  const deadlines = new Deadlines(50, new AbortController().signal);
  const first = deadlines.begin();
  expect(deadlines.begin()).toBe(first);
  await new Promise((resolve) => first.signal.addEventListener('abort', resolve));
  expect(first.overtime.aborted).toBe(true);
  // Those that begin later have a time of their own.
  expect(deadlines.begin().signal.aborted).toBe(false);
});

it('a stop ends all works, and is no overtime', () => {
  const stop = new AbortController();
  const { signal, overtime } = new Deadlines(60_000, stop.signal).begin();
  stop.abort();
  expect(signal.aborted).toBe(true);
  expect(overtime.aborted).toBe(false);
});
