import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { Room } from '../src/room.js';

const MIB = 1 << 20;

it('lets a download begin while its disks have room, and gives what it gives', async () => {
  const folder = await mkdtemp(`${tmpdir()}/stoa-room-`);
  try {
    expect(await new Room([folder]).use(() => Promise.resolve('done'))).toBe('done');
  } finally {
    await rm(folder, { recursive: true });
  }
});

it.each([
  ['scratch', { scratch: 79 * MIB, storage: 10_000 * MIB }],
  ['storage', { scratch: 10_000 * MIB, storage: 79 * MIB }],
])('refuses a download as busy, before it begins, when the disk of the %s is nearly full', async (_name, free) => {
  const room = new Room(['scratch', 'storage'], {
    free: (folder) => free[folder as keyof typeof free],
  });
  let begun = false;
  const download = room.use(async () => (begun = true));
  await expect(download).rejects.toMatchObject({
    kind: 'busy',
    message: 'the disk has no room for another zip',
  });
  expect(begun).toBe(false);
});

it('counts what running downloads may still take, until they end', async () => {
  const room = new Room(['scratch'], { free: () => 100 * MIB });
  const { promise, resolve } = Promise.withResolvers<void>();
  const running = [room.use(() => promise), room.use(() => promise)];
  await expect(room.use(() => promise)).rejects.toMatchObject({ kind: 'busy' });
  resolve();
  await Promise.all(running);
  await expect(room.use(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  await expect(room.use(() => Promise.resolve('fine'))).resolves.toBe('fine');
});

it('lets downloads wait that would go over its bound, in their order, and one that is over it go alone', async () => {
  const room = new Room([], { most: 10 });
  const running = new Set<string>();
  const seen: string[] = [];
  const download = (name: string, bytes: number): Promise<void> =>
    room.use(async () => {
      running.add(name);
      seen.push([...running].join('+'));
      await new Promise(setImmediate);
      running.delete(name);
    }, bytes);
  await Promise.all([download('a', 4), download('b', 6), download('c', 99), download('d', 1), download('e', 9)]);
  expect(seen).toEqual(['a', 'a+b', 'c', 'd', 'd+e']);
});

it('takes a disk that tells nothing for one with room', async () => {
  await expect(new Room(['/nowhere/at/all']).use(() => Promise.resolve('fine'))).resolves.toBe('fine');
});
