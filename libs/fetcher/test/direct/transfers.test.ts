import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { GitHost } from '../../../../test/support/git-host.js';
import { type DirectSetup, setUpDirect } from './direct-setup.js';

const MODULE = 'example.com/mod';

let host: GitHost;
/** Two workers of one host. */
let one: DirectSetup;
let other: DirectSetup;

beforeAll(async () => {
  host = await GitHost.start();
  const big = 'x'.repeat(100_000);
  await host.createRepo(MODULE, [
    { files: { 'go.mod': `module ${MODULE}\n`, 'a.txt': big, 'sub/go.mod': `module ${MODULE}/sub\n` } },
    { files: { 'b.txt': 'b' }, tags: ['v1.0.0', 'sub/v1.0.0'] },
    { files: { 'c.txt': 'c' }, tags: ['v1.1.0'] },
  ]);
  one = await setUpDirect(host);
  other = await setUpDirect(host, { dataDir: one.dataDir });
  await Promise.all([one.fetcher.open(), other.fetcher.open()]);
});
afterAll(async () => {
  await Promise.all([one.close(), other.close(), host.close()]);
});

/** Whether somebody has go's lock of the one kept repository. */
async function isLocked(): Promise<boolean> {
  const vcs = join(one.dataDir, 'go/mod/cache/vcs');
  const lock = (await readdir(vcs)).find((name) => name.endsWith('.lock')) ?? 'none';
  const [code] = (await once(spawn('flock', ['-n', join(vcs, lock), 'true']), 'close')) as [number];
  return code !== 0;
}

it('two workers that share the data folder and want two versions at once have one transfer after the other', async () => {
  const hold = host.hold(MODULE, 'transfer');
  const first = one.fetcher.zip({ module: MODULE, version: 'v1.0.0' }, await one.context());
  await hold.arrived;
  expect(await isLocked()).toBe(true);
  const asked = host.requests.length;
  const second = other.fetcher.zip({ module: MODULE, version: 'v1.1.0' }, await other.context());
  await expect.poll(() => host.requests.length).toBeGreaterThan(asked);
  hold.release();
  await Promise.all([first, second]);
  expect(host.transfers).toEqual({ count: 2, running: 0, most: 1 });
  expect(await isLocked()).toBe(false);
});

it('what is in the kept repository is not transferred again, to no worker and for no module in it', async () => {
  const before = host.transfers.count;
  for (const worker of [one, other]) {
    for (const module of [MODULE, `${MODULE}/sub`]) {
      await worker.fetcher.zip({ module, version: 'v1.0.0' }, await worker.context());
    }
  }
  expect(host.transfers.count).toBe(before);
});
