import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Scratch } from '../src/scratch.js';

let dataDir: string;
let scratch: Scratch;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'stoa-scratch-'));
  scratch = new Scratch(join(dataDir, 'data'));
});

afterEach(async () => {
  vi.useRealTimers();
  await scratch.close();
  await rm(dataDir, { recursive: true });
});

const siblings = () => readdir(dirname(scratch.root));

/** A folder as a worker leaves it when it dies, last touched so long ago. */
async function leftover(host: string, pid: number, minutesAgo: number): Promise<string> {
  const dir = join(dirname(scratch.root), `${host}-${pid}-0123456789ab`);
  await mkdir(join(dir, 'job-x'), { recursive: true });
  await writeFile(join(dir, 'job-x', 'half.zip'), 'half');
  const then = new Date(Date.now() - minutesAgo * 60_000);
  await utimes(dir, then, then);
  return basename(dir);
}

/** The pid of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid!;
}

it('makes a folder of its own, for this user alone', async () => {
  await scratch.open();
  expect((await stat(scratch.root)).mode & 0o777).toBe(0o700);
  expect(basename(scratch.root)).toMatch(new RegExp(`^${hostname()}-${process.pid}-[0-9a-f]{12}$`));
  expect(dirname(scratch.root)).toBe(join(dataDir, 'data', 'scratch'));
});

it('gives each use a folder of its own, and a later use an emptied one', async () => {
  await scratch.open();
  const [first, second] = await Promise.all([
    scratch.use(async (dir) => {
      await writeFile(join(dir, 'x.zip'), 'x');
      return dir;
    }),
    scratch.use((dir) => Promise.resolve(dir)),
  ]);
  expect(first).not.toBe(second);
  await scratch.use(async (dir) => {
    expect([first, second]).toContain(dir);
    expect(await readdir(dir)).toEqual([]);
  });
});

it('removes the folder when its use fails, and gives the failure on', async () => {
  await scratch.open();
  const failing = scratch.use(async (dir) => {
    await mkdir(join(dir, 'deep', 'er'), { recursive: true });
    throw new Error('no luck');
  });
  await expect(failing).rejects.toThrow('no luck');
  expect(await readdir(scratch.root)).toEqual([]);
});

it('does not mind a folder that its user removed', async () => {
  await scratch.open();
  await expect(scratch.use(async (dir) => rm(dir, { recursive: true }))).resolves.toBeUndefined();
});

it('removes what dead workers left', async () => {
  await leftover(hostname(), await deadPid(), 0);
  await leftover(hostname(), process.pid, 0);
  await leftover('elsewhere', 1, 25 * 60);
  await leftover(hostname(), process.ppid, 25 * 60);
  await scratch.open();
  expect(await siblings()).toEqual([basename(scratch.root)]);
});

it('leaves the folders of living workers alone', async () => {
  const kept = [await leftover(hostname(), process.ppid, 23 * 60), await leftover('elsewhere', 1, 23 * 60)];
  const other = new Scratch(join(dataDir, 'data'));
  await other.open();
  await scratch.open();
  expect((await siblings()).sort()).toEqual([...kept, basename(other.root), basename(scratch.root)].sort());
  await other.close();
});

it('leaves what is not its own alone', async () => {
  await mkdir(join(dirname(scratch.root), 'notes'), { recursive: true });
  await scratch.open();
  expect(await siblings()).toContain('notes');
});

it('touches its folder every ten minutes, so that others see it live', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  await scratch.open();
  await utimes(scratch.root, 1, 1);
  vi.advanceTimersByTime(10 * 60_000);
  await expect.poll(async () => (await stat(scratch.root)).mtimeMs).toBeGreaterThan(1_000);
});

it('removes its folder when it is closed', async () => {
  await scratch.open();
  await writeFile(join(scratch.root, 'x'), 'x');
  await scratch.close();
  expect(await siblings()).toEqual([]);
});
