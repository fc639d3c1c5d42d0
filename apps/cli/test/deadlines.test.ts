import { expect, it } from 'vitest';
import { Deadlines } from '../src/import/deadlines.js';

const NEVER = new AbortController().signal;

it('works that begin at about the same time share a deadline', () => {
  const deadlines = new Deadlines(600_000, NEVER);
  expect(deadlines.begin()).toBe(deadlines.begin());
});

it('a deadline ends what takes too long, and not what begins after it', async () => {
  const deadlines = new Deadlines(50, NEVER);
  const { signal, overtime } = deadlines.begin();
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  expect(overtime.aborted).toBe(true);
  expect(deadlines.begin().signal.aborted).toBe(false);
});

it('a stop ends all works, and is no overtime', () => {
  const stop = new AbortController();
  const { signal, overtime } = new Deadlines(60_000, stop.signal).begin();
  stop.abort();
  expect(signal.aborted).toBe(true);
  expect(overtime.aborted).toBe(false);
});
