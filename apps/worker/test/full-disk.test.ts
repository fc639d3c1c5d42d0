import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { canMount, mountSmallDisk } from '../../../test/support/small-disk.js';
import { CONTEXT, startWorking, type Working } from './working.js';

const VERSION = { module: 'example.com/m', version: 'v1.0.0' };
const LARGE = { module: 'example.com/large', version: 'v1.0.0' };
const MIB = 1 << 20;

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

async function working(options: Parameters<typeof startWorking>[0]): Promise<Working> {
  const started = await startWorking(options);
  endings.push(() => started.close());
  return started;
}

/** What is left in the scratch folders. */
async function leftovers({ scratch }: Working): Promise<string[]> {
  const jobs = await readdir(scratch.root);
  return (await Promise.all(jobs.map((job) => readdir(join(scratch.root, job))))).flat();
}

describe('a worker whose disk is nearly full', () => {
  it('refuses a zip without asking its source, and still stores what is small', async () => {
    const worker = await working({ free: () => MIB });
    worker.upstream.add(VERSION.module, VERSION.version);
    await expect(worker.worker()['fetch.zip'](VERSION, CONTEXT)).rejects.toMatchObject({ kind: 'busy' });
    expect(worker.upstream.requests).toEqual([]);
    await worker.worker()['fetch.mod'](VERSION, CONTEXT);
    expect(await worker.read('example.com/m/@v/v1.0.0.info')).not.toBeNull();
  });
});

// Mounting is root's; what follows from free space is tested above and in libs/ingest for everybody.
describe.runIf(canMount)('a disk that is full in the middle of a download', () => {
  it('refuses it as busy, leaves nothing, and goes on when there is room', async () => {
    const disk = await mountSmallDisk(MIB);
    endings.push(() => disk.close());
    const worker = await working({ parent: disk.folder, free: () => Infinity });
    worker.upstream
      .add(LARGE.module, LARGE.version, { files: { 'large.go': Buffer.alloc(2 * MIB, 'x') } })
      .add(VERSION.module, VERSION.version);
    await expect(worker.worker()['fetch.zip'](LARGE, CONTEXT)).rejects.toMatchObject({ kind: 'busy' });
    expect(await leftovers(worker)).toEqual([]);
    expect(await worker.keys('example.com/large/')).toEqual([]);
    await worker.worker()['fetch.zip'](VERSION, CONTEXT);
    expect(await worker.keys('example.com/m/')).toContain('example.com/m/@v/v1.0.0.zip');
  });
});
