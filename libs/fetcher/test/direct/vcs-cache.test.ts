import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Metrics } from '#libs/observability';
import { GitHost } from '../../../../test/support/git-host.js';
import { VcsCache } from '../../src/direct/vcs-cache.js';
import { type DirectSetup, setUpDirect } from './direct-setup.js';

const MEGABYTE = 1024 * 1024;
const { signal } = new AbortController();
const env = { PATH: process.env['PATH'] ?? '' };
const nameOf = (url: string): string => createHash('sha256').update(`git3:${url}`).digest('hex');

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

describe('kept repositories', () => {
  let folder: string;
  let metrics: Metrics;

  const cache = (budget: number): VcsCache => new VcsCache({ folder, budget, env, metrics });
  /** Makes what looks like a repository of a megabyte that was last used so many hours ago. */
  const keep = async (url: string, hours: number): Promise<string> => {
    const repository = join(folder, nameOf(url));
    await mkdir(join(repository, 'objects'), { recursive: true });
    await writeFile(join(repository, 'objects', 'pack'), Buffer.alloc(MEGABYTE, 'x'));
    await writeFile(`${repository}.info`, `git3:${url}`);
    const used = new Date(Date.now() - hours * 3_600_000);
    await utimes(`${repository}.info`, used, used);
    return repository;
  };
  const kept = async (): Promise<string[]> => (await readdir(folder)).filter((name) => /^[0-9a-f]+$/.test(name));
  const value = async (name: string): Promise<number | undefined> =>
    (await metrics.registry.getMetricsAsJSON()).find((metric) => metric.name === name)?.values[0]?.value;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vcs-'));
    metrics = new Metrics();
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    for (const [index, url] of ['https://a', 'https://b', 'https://c', 'https://d'].entries()) await keep(url, index);
  });

  it('stay while they are within the budget', async () => {
    await cache(5 * MEGABYTE).tidy();
    expect(await kept()).toHaveLength(4);
    expect(await value('stoa_vcs_cache_bytes')).toBeGreaterThan(4 * MEGABYTE);
  });

  it('go when they are not, the least recently used ones first, with their names', async () => {
    await cache(3 * MEGABYTE).tidy();
    expect((await kept()).sort()).toEqual([nameOf('https://a'), nameOf('https://b')].sort());
    expect((await readdir(folder)).filter((name) => name.endsWith('.info'))).toHaveLength(2);
    expect(await value('stoa_vcs_cache_bytes')).toBeLessThan(3 * MEGABYTE);
    expect(await value('stoa_vcs_cache_evictions_total')).toBe(2);
  });

  it('count as used when a version came from them', async () => {
    await cache(MEGABYTE).used('https://d');
    await cache(2 * MEGABYTE).tidy();
    expect(await kept()).toEqual([nameOf('https://d')]);
  });

  it('stay while a command has them, however old they are', async () => {
    const lock = join(folder, `${nameOf('https://d')}.lock`);
    const holder = spawn('flock', [lock, 'cat']);
    cleanups.push(async () => {
      holder.stdin.end();
      await once(holder, 'close');
    });
    holder.stdin.write('held');
    await once(holder.stdout, 'data');
    await cache(0).tidy();
    expect(await kept()).toEqual([nameOf('https://d')]);
  });

  it('stay when there is no reason to remove them once nobody has them', async () => {
    const repository = join(folder, nameOf('https://a'));
    expect(await cache(Infinity).discard(repository, () => Promise.resolve(false))).toBe(false);
    expect(await kept()).toHaveLength(4);
    expect(await cache(Infinity).discard(repository, () => Promise.resolve(true))).toBe(true);
    expect(await kept()).toHaveLength(3);
  });

  it('go first where a removal was cut short', async () => {
    await rm(join(folder, `${nameOf('https://a')}.info`));
    await cache(4 * MEGABYTE).tidy();
    expect(await kept()).not.toContain(nameOf('https://a'));
    expect(await kept()).toHaveLength(3);
  });

  it('are locked without a flock command too', async () => {
    const bin = join(folder, 'bin');
    await mkdir(bin);
    for (const program of ['perl', 'du']) {
      await writeFile(join(bin, program), `#!/bin/sh\nexec /usr/bin/${program} "$@"\n`, { mode: 0o755 });
    }
    await new VcsCache({ folder, budget: 0, env: { PATH: bin }, metrics }).tidy();
    expect(await kept()).toEqual([]);
  });

  it('that go while a command runs have it run again', async () => {
    let runs = 0;
    const answer = await cache(Infinity).undisturbed('m', signal, async () => {
      if (++runs === 1) await cache(0).tidy();
      return runs;
    });
    expect(answer).toBe(2);
  });

  it('that go all the time are a refusal in the end, not an endless loop', async () => {
    const run = cache(Infinity).undisturbed('m', signal, async () => {
      await keep('https://a', 1);
      await cache(0).tidy();
    });
    await expect(run).rejects.toMatchObject({ kind: 'busy' });
  });
});

describe('kept repositories and the go command', () => {
  const MODULE = 'example.com/mod';
  /** Go looks into the newest version for the retractions of any. */
  const NEWEST = { module: MODULE, version: 'v1.1.0' };
  const OLDER = { module: MODULE, version: 'v1.0.0' };
  let host: GitHost;
  let direct: DirectSetup;
  let folder: string;

  const mod = async (version: { module: string; version: string }): Promise<string> =>
    (await direct.fetcher.mod(version, await direct.context())).bytes.toString();
  const repository = (): string => join(folder, nameOf(`http://${MODULE}`));
  const evictAll = async (): Promise<void> => new VcsCache({ folder, budget: 0, env, metrics: direct.metrics }).tidy();
  const exists = async (): Promise<boolean> => (await readdir(folder)).includes(nameOf(`http://${MODULE}`));

  beforeEach(async () => {
    host = await GitHost.start();
    await host.createRepo(MODULE, [
      { files: { 'go.mod': `module ${MODULE}\n` }, tags: ['v1.0.0'] },
      { files: { 'go.mod': `module ${MODULE}\n\ngo 1.20\n` }, tags: ['v1.1.0'] },
    ]);
    direct = await setUpDirect(host);
    folder = join(direct.dataDir, 'go/mod/cache/vcs');
    cleanups.push(
      () => host.close(),
      () => direct.close(),
    );
    await mod(NEWEST);
  });

  it('are used by a query and by a download, which the time of their .info says', async () => {
    const long = new Date(0);
    await utimes(`${repository()}.info`, long, long);
    await mod(NEWEST);
    expect((await stat(`${repository()}.info`)).mtimeMs).toBeGreaterThan(0);
    await utimes(`${repository()}.info`, long, long);
    await direct.fetcher.zip(NEWEST, await direct.context());
    expect((await stat(`${repository()}.info`)).mtimeMs).toBeGreaterThan(0);
  });

  it('are cloned again once they are evicted', async () => {
    await evictAll();
    expect(await exists()).toBe(false);
    const before = host.transfers.count;
    expect(await mod(NEWEST)).toBe(`module ${MODULE}\n\ngo 1.20\n`);
    expect(host.transfers.count).toBe(before + 1);
  });

  it('are evicted in the middle of a command, which then clones again and gives the right answer', async () => {
    const hold = host.hold(MODULE, 'refs');
    const fetching = mod(OLDER);
    await hold.arrived;
    await evictAll();
    expect(await exists()).toBe(false);
    hold.release();
    expect(await fetching).toBe(`module ${MODULE}\n`);
  });

  it('are not evicted while their host sends', async () => {
    const hold = host.hold(MODULE, 'transfer');
    const fetching = mod(OLDER);
    await hold.arrived;
    await evictAll();
    expect(await exists()).toBe(true);
    hold.release();
    expect(await fetching).toBe(`module ${MODULE}\n`);
  });

  it('are looked at after a command, in the background', async () => {
    const small = await setUpDirect(host, { dataDir: direct.dataDir, vcsCache: 0 });
    cleanups.push(() => small.close());
    await small.fetcher.list(MODULE, await small.context());
    await expect.poll(() => small.log.join('\n')).toContain('kept repositories evicted');
    expect(await exists()).toBe(false);
  });
});
