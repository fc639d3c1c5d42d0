import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.js';
import { athensFiles } from '../support/athens-files.js';
import { runCommand } from '../support/command.js';
import { writeFiles } from '../support/data-dir.js';
import { canMount, mountSmallDisk, type SmallDisk } from '../support/small-disk.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

const MIB = 1 << 20;

// Mounting is root's; libs/ingest/test/room.test.ts has the same of a disk that is told of.
describe.runIf(canMount)('a worker whose disk is full', () => {
  let upstream: FakeUpstream;
  let disk: SmallDisk;
  let stack: Stack;
  beforeAll(async () => {
    upstream = await startUpstream();
    upstream.add('example.com/kept', 'v1.0.0').add('example.com/wanted', 'v1.0.0');
    disk = await mountSmallDisk(100 * MIB);
    stack = await startStack({ env: { GOPROXY: upstream.url, STOA_DATA_DIR: join(disk.folder, 'data') } });
  });
  afterAll(async () => {
    await stack?.close();
    await disk?.close();
    await upstream?.close();
  });

  it('refuses new zips with 503 and Retry-After, serves hits, and goes on when there is room', async () => {
    const kept = `${stack.url}/example.com/kept/@v/v1.0.0.zip`;
    const wanted = `${stack.url}/example.com/wanted/@v/v1.0.0.zip`;
    expect((await ask(kept)).status).toBe(200);
    const filling = join(disk.folder, 'filling');
    await writeFile(filling, Buffer.alloc(40 * MIB));
    const refused = await ask(wanted);
    expect([refused.status, refused.text, refused.headers.get('retry-after')]).toEqual([
      503,
      'unavailable: example.com/wanted@v1.0.0: the disk has no room for another zip\n',
      expect.stringMatching(/^\d+$/),
    ]);
    expect((await ask(kept)).status).toBe(200);
    await rm(filling);
    expect((await ask(wanted)).status).toBe(200);
  });

  it('takes no import either, which says so in a line', async () => {
    const filling = join(disk.folder, 'filling');
    await writeFile(filling, Buffer.alloc(40 * MIB));
    const source = await mkdtemp(join(tmpdir(), 'stoa-source-'));
    await writeFiles(source, athensFiles('example.com/imported', 'v1.0.0'));
    try {
      const env = { STOA_DATA_DIR: join(disk.folder, 'data'), STOA_REDIS_URL: stack.redis.url };
      expect(await runCommand(['import', source, '--quiet'], env)).toMatchObject({
        code: 1,
        out: '',
        err: 'stoa: the disk has no room for another zip\n',
      });
    } finally {
      await rm(filling);
      await rm(source, { recursive: true });
    }
  });

  it('leaves them to a worker that has room', async () => {
    const filling = join(disk.folder, 'filling');
    await writeFile(filling, Buffer.alloc(40 * MIB));
    const roomy = await mkdtemp(join(tmpdir(), 'stoa-roomy-'));
    const storage = { STOA_FS_ROOT: join(roomy, 'storage') };
    const both = await startStack({ workers: 0, env: { GOPROXY: upstream.url, ...storage } });
    try {
      const full = await both.addWorker({ STOA_DATA_DIR: join(disk.folder, 'data') });
      await both.addWorker();
      const modules = Array.from({ length: 4 }, (_, at) => `example.com/left${at}`);
      for (const module of modules) upstream.add(module, 'v1.0.0');
      const answers = await Promise.all(modules.map((module) => ask(`${both.url}/${module}/@v/v1.0.0.zip`)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(full.log.filter(({ msg, job }) => msg === 'job done' && job === 'fetch.zip')).toEqual([]);
    } finally {
      await both.close();
      await rm(roomy, { recursive: true });
      await rm(filling);
    }
  });
});
