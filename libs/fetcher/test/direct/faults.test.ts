import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { DownloadContext } from '../../src/fetcher.js';
import { GitHost } from '../../../../test/support/git-host.js';
import { type DirectSetup, setUpDirect } from './direct-setup.js';
import { processGroup } from './process-group.js';
import { startRecorder } from './recorder.js';

const VERSION = { module: 'example.com/mod', version: 'v1.0.0' };

const list = async (direct: DirectSetup): Promise<string[]> =>
  direct.fetcher.list('example.com/mod', await direct.context());

describe('faults', () => {
  let host: GitHost;
  const cleanups: (() => Promise<unknown>)[] = [];

  const setUp = async (options: Parameters<typeof setUpDirect>[1] = {}): Promise<DirectSetup> => {
    const direct = await setUpDirect(host, options);
    cleanups.push(() => direct.close());
    return direct;
  };

  beforeEach(async () => {
    host = await GitHost.start();
    await host.createRepo('example.com/mod', [
      { files: { 'go.mod': 'module example.com/mod\n' }, tags: ['v1.0.0'] },
      { files: { 'a.go': 'package mod\n' }, tags: ['v1.1.0'] },
    ]);
    cleanups.push(() => host.close());
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  it.each([
    ['a query', (direct: DirectSetup, context: DownloadContext) => direct.fetcher.list('example.com/mod', context)],
    ['a download', (direct: DirectSetup, context: DownloadContext) => direct.fetcher.zip(VERSION, context)],
  ])('a host that hangs: %s that is aborted leaves no process, no connection and no files', async (_, fetch) => {
    const recorder = await startRecorder();
    cleanups.push(() => recorder.close());
    const direct = await setUp({ go: { inherited: { PATH: recorder.path } } });
    await direct.fetcher.open();
    const hang = host.hang('example.com/mod');
    const controller = new AbortController();
    const context = await direct.context(controller.signal);

    const fetching = fetch(direct, context);
    await hang.arrived;
    const group = Number((await recorder.lines()).findLast((line) => / go (list|mod) /.test(line))?.split(' ')[0]);
    expect((await processGroup(group)).length).toBeGreaterThan(1);
    controller.abort(new Error('the deadline'));
    await expect(fetching).rejects.toMatchObject({ kind: 'timeout' });
    await hang.abandoned;
    await expect.poll(() => processGroup(group)).toEqual([]);
    expect(await readdir(context.scratch)).toEqual([]);
    expect(await direct.metrics.registry.metrics()).toMatch(/stoa_go_commands_total\{.*outcome="aborted"\} 1/);
  });

  it('who waits for a slot can be aborted, and takes none', async () => {
    const direct = await setUp();
    const hang = host.hang('example.com/mod');
    const busy = new AbortController();
    const running = [1, 2].map(async () => direct.fetcher.list('example.com/mod', await direct.context(busy.signal)));
    await expect.poll(() => host.requests.filter((one) => one.includes('/mod?go-get=1'))).toHaveLength(2);
    await hang.arrived;
    const waiting = new AbortController();
    const third = direct.fetcher.list('example.com/mod', await direct.context(waiting.signal));
    await setImmediate();
    waiting.abort();
    await expect(third).rejects.toMatchObject({ kind: 'timeout' });
    busy.abort();
    expect((await Promise.allSettled(running)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect((await direct.metrics.goCommands.get()).values).toMatchObject([{ value: 2 }]);
  });

  it('no go command is said, not thrown', async () => {
    const direct = await setUp({ go: { binary: '/nowhere/go' } });
    expect(await direct.fetcher.available(AbortSignal.timeout(30_000))).toBeNull();
    await expect(direct.fetcher.list('example.com/mod', await direct.context())).rejects.toMatchObject({
      kind: 'busy',
      message: 'example.com/mod: this worker has no go command',
    });
  });

  it('a GOVCS that allows nothing, and one that is no GOVCS', async () => {
    const off = await setUp({ go: { GOVCS: '*:off' } });
    await expect(off.fetcher.mod(VERSION, await off.context())).rejects.toMatchObject({
      kind: 'forbidden',
      message: 'example.com/mod@v1.0.0: GOVCS disallows using git for public example.com/mod',
    });
    const bad = await setUp({ go: { GOVCS: 'nonsense' } });
    await expect(bad.fetcher.mod(VERSION, await bad.context())).rejects.toMatchObject({ kind: 'internal' });
    expect(bad.log.join('\n')).toContain('malformed entry in GOVCS');
  });

  it('nothing is asked over plain http where GOINSECURE does not name the module', async () => {
    const direct = await setUp({ extra: { GOINSECURE: '' } });
    await expect(direct.fetcher.mod(VERSION, await direct.context())).rejects.toMatchObject({ kind: 'upstream' });
    expect(host.requests).toEqual([]);
  });

  it('files of the machine are out of reach of git, unless the user allows them', async () => {
    const { folder } = await host.createRepo('example.com/local', [
      { files: { 'go.mod': 'module m\n' }, tags: ['v1.0.0'] },
    ]);
    const version = { module: 'example.com/local', version: 'v1.0.0' };
    const gitConfigFile = join(folder, 'user.gitconfig');
    await writeFile(gitConfigFile, `[url "file://${folder}"]\n\tinsteadOf = http://example.com/local\n`);
    const kept = await setUp({ vcs: { gitConfigFile } });
    await expect(kept.fetcher.mod(version, await kept.context())).rejects.toMatchObject({ kind: 'internal' });
    expect(kept.log.join('\n')).toContain("transport 'file' not allowed");
    await appendFile(gitConfigFile, '[protocol "file"]\n\tallow = always\n');
    const allowed = await setUp({ vcs: { gitConfigFile } });
    expect((await allowed.fetcher.mod(version, await allowed.context())).bytes.toString()).toBe('module m\n');
  });

  describe('what a killed git left behind', () => {
    const LOCKS = [
      'shallow.lock',
      'config.lock',
      'packed-refs.lock',
      'index.lock',
      'HEAD.lock',
      'refs/tags/v1.0.0.lock',
      'refs/heads/a/deep/branch.lock',
      'objects/info/commit-graph.lock',
      'objects/pack/multi-pack-index.lock',
    ];
    let direct: DirectSetup;
    let repository: string;

    const locks = async (): Promise<string[]> =>
      (await readdir(repository, { recursive: true })).filter((file) => file.endsWith('.lock'));

    beforeEach(async () => {
      direct = await setUp();
      await list(direct);
      const vcs = join(direct.dataDir, 'go/mod/cache/vcs');
      repository = join(vcs, (await readdir(vcs)).find((name) => /^[0-9a-f]+$/.test(name)) ?? '');
      execFileSync('git', ['-C', repository, 'remote', 'remove', 'origin']);
      await mkdir(join(repository, 'refs/heads/a/deep'), { recursive: true });
      for (const lock of LOCKS) await writeFile(join(repository, lock), '');
    });

    it('is mended at the next start', async () => {
      const next = await setUp({ dataDir: direct.dataDir });
      expect(await list(next)).toEqual(['v1.0.0', 'v1.1.0']);
      expect(await locks()).toEqual([]);
    });

    it('is mended when a command fails of it, which is run again', async () => {
      expect(await list(direct)).toEqual(['v1.0.0', 'v1.1.0']);
    });

    it('is left alone while another command has the repository', async () => {
      // It holds the lock as the go command does, until its input ends.
      const holder = spawn('flock', [`${repository}.lock`, 'cat']);
      holder.stdin.write('held');
      await once(holder.stdout, 'data');
      const next = await setUp({ dataDir: direct.dataDir });
      await next.fetcher.open();
      expect((await locks()).toSorted()).toEqual(LOCKS.toSorted());
      holder.stdin.end();
      await once(holder, 'close');
    });
  });
});
