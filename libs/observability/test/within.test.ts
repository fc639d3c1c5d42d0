import { expect, it } from 'vitest';
import { within } from '#libs/observability';

const never = new Promise<string>(() => {});
const refuse = (): never => {
  throw new Error('too late');
};

it('gives what the work comes to, or throws what it throws', async () => {
  expect(await within(60_000, Promise.resolve('done'), () => 'late')).toBe('done');
  await expect(within(60_000, Promise.reject(new Error('broken')), () => 'late')).rejects.toThrow('broken');
});

it('gives what is said of work that is late, or throws it', async () => {
  expect(await within(1, never, () => 'late')).toBe('late');
  await expect(within(1, never, refuse)).rejects.toThrow('too late');
});

it('takes work that ended while the process itself was busy', async () => {
  const arrived = new Promise<string>((resolve) => setTimeout(() => setImmediate(() => resolve('done')), 1));
  const taken = within(1, arrived, () => 'late');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  expect(await taken).toBe('done');
});
