import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { GitHost } from '../../../../test/support/git-host.js';
import type { GitRepository } from '../../../../test/support/git-repository.js';
import { type DirectSetup, setUpDirect } from './direct-setup.js';
import { startRecorder } from './recorder.js';

/** Its path says nothing of where its repository is. */
const MODULE = 'go.example.org/mod';
const REPOSITORY = 'git.example.com/team/mod.git';
const GO_MOD = `module ${MODULE}\n// its own\n`;
const KEPT = { module: MODULE, version: 'v1.0.0' };
const NEXT = { module: MODULE, version: 'v1.1.0' };
const BELOW = { module: `${MODULE}/below`, version: 'v1.0.0' };
const goModOf = ({ module }: typeof KEPT): string => (module === MODULE ? GO_MOD : `module ${module}\n`);

/** More objects than git unpacks: they stay in a pack. */
const MANY = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`f${index}.go`, `package f // ${index}\n`]));

type Damage = (repository: string) => Promise<void>;

const toPacks =
  (damage: (file: string) => Promise<void>): Damage =>
  async (repository) => {
    const folder = join(repository, 'objects/pack');
    const packs = (await readdir(folder)).filter((file) => file.endsWith('.pack'));
    expect(packs.length).toBeGreaterThan(0);
    for (const file of packs) {
      await chmod(join(folder, file), 0o644);
      await damage(join(folder, file));
    }
  };
const truncated = toPacks((pack) => truncate(pack, 500));
const noPack = toPacks((pack) => rm(pack));
/** The last offset of an index is that of some file: two checksums of 20 bytes come behind it. */
const badIndex: Damage = async (repository) => {
  const folder = join(repository, 'objects/pack');
  const path = join(folder, (await readdir(folder)).find((file) => file.endsWith('.idx')) ?? '');
  const index = await readFile(path);
  index.writeUInt32BE(0x7fff_ffff, index.length - 44);
  await chmod(path, 0o644);
  await writeFile(path, index);
};
const noHead: Damage = (repository) => rm(join(repository, 'HEAD'));
const noObjects: Damage = (repository) => rm(join(repository, 'objects'), { recursive: true });
/** A file alone is empty, as a power failure leaves an object that git did not sync. */
const emptied =
  (content: string): Damage =>
  async (repository) => {
    const folder = join(repository, 'objects/pack');
    for (const file of await readdir(folder)) {
      const path = join(folder, file);
      const input = await readFile(path);
      await rm(path);
      if (file.endsWith('.pack')) execFileSync('git', ['--git-dir', repository, 'unpack-objects', '-q'], { input });
    }
    const blob = createHash('sha1').update(`blob ${content.length}\0${content}`).digest('hex');
    const object = join(repository, 'objects', blob.slice(0, 2), blob.slice(2));
    await chmod(object, 0o644);
    await truncate(object);
  };
const noConfig: Damage = (repository) => writeFile(join(repository, 'config'), '\0[');
const noShallow: Damage = (repository) => rm(join(repository, 'shallow'));
const emptyShallow: Damage = (repository) => truncate(join(repository, 'shallow'));
const badShallow: Damage = (repository) => writeFile(join(repository, 'shallow'), '\0'.repeat(41));
const lostCommit: Damage = (repository) => writeFile(join(repository, 'refs/tags/v1.0.0'), `${'0a1b2c3d'.repeat(5)}\n`);
const noName: Damage = (repository) => truncate(`${repository}.info`);

describe('a kept repository', () => {
  let host: GitHost;
  let source: GitRepository;
  let direct: DirectSetup;
  let repository: string;

  const mod = async (version: typeof KEPT): Promise<string> =>
    (await direct.fetcher.mod(version, await direct.context())).bytes.toString();
  const warnings = (): string[] => direct.log.filter((line) => line.includes('kept repository damaged'));
  const runs = async (): Promise<number> =>
    (await direct.metrics.goCommands.get()).values.reduce((sum, { value }) => sum + value, 0);

  beforeEach(async () => {
    host = await GitHost.start();
    host.createVanity(MODULE, `http://${REPOSITORY}`);
    source = await host.createRepo(REPOSITORY, [
      { files: MANY },
      { files: { 'go.mod': GO_MOD, 'below/go.mod': goModOf(BELOW) }, tags: ['v1.0.0', 'below/v1.0.0'] },
      { files: { 'a.go': 'package a\n' }, tags: ['v1.1.0'] },
    ]);
    direct = await setUpDirect(host);
    expect(await mod(KEPT)).toBe(GO_MOD);
    const vcs = join(direct.dataDir, 'go/mod/cache/vcs');
    repository = join(vcs, (await readdir(vcs)).find((name) => /^[0-9a-f]+$/.test(name)) ?? '');
  });
  afterEach(async () => {
    await direct.close();
    await host.close();
  });

  it.each([
    ['a truncated pack', 'that version', KEPT, truncated],
    ['an empty go.mod', 'that version', KEPT, emptied(GO_MOD)],
    ['a truncated pack', 'the next version', NEXT, truncated],
    ['a lost pack', 'the next version', NEXT, noPack],
    ['no HEAD', 'that version', KEPT, noHead],
    ['no objects', 'the next version', NEXT, noObjects],
    ['a config that is none', 'that version', KEPT, noConfig],
    ['a shallow file that is none', 'that version', KEPT, badShallow],
    ['no name', 'that version', KEPT, noName],
    ['an empty go.mod', 'a module below', BELOW, emptied(goModOf(BELOW))],
  ])('with %s is fetched anew by who asks for %s, with one warning', async (_fault, _which, version, damage) => {
    await damage(repository);
    expect(await mod(version)).toBe(goModOf(version));
    expect(warnings()).toHaveLength(1);
    expect(await mod(KEPT)).toBe(GO_MOD);
    expect(warnings()).toHaveLength(1);
  });

  it.each([
    ['no shallow file', noShallow],
    ['an empty shallow file', emptyShallow],
    ['a commit lost', lostCommit],
  ])('with %s is whole again once its host has told its tags', async (_fault, damage) => {
    await damage(repository);
    for (const version of [KEPT, NEXT, BELOW]) expect(await mod(version)).toBe(goModOf(version));
    await direct.fetcher.zip(KEPT, await direct.context());
    expect(warnings()).toEqual([]);
  });

  it.each([
    ['an empty file', emptied(MANY['f3.go'] ?? '')],
    ['an index that leads past its pack', badIndex],
  ])('with %s is fetched anew by who asks for a zip, with one warning', async (_fault, damage) => {
    await damage(repository);
    await direct.fetcher.zip(KEPT, await direct.context());
    await direct.fetcher.zip(NEXT, await direct.context());
    expect(warnings()).toHaveLength(1);
  });

  it.each(['shallow.lock', 'refs/tags/v1.2.0.lock'])(
    'with %s of a killed git is mended by who needs it',
    async (lock) => {
      await source.push({ files: { 'b.go': 'package b\n' }, tags: ['v1.2.0'] });
      await writeFile(join(repository, lock), '');
      expect(await mod({ module: MODULE, version: 'v1.2.0' })).toBe(GO_MOD);
      expect(warnings()).toEqual([]);
    },
  );

  it('that can not be replaced brings no answer, for it would be a wrong one', async () => {
    const programs = join(host.root, 'programs');
    await mkdir(programs);
    for (const program of ['go', 'git']) {
      await symlink(execFileSync('which', [program], { encoding: 'utf8' }).trim(), join(programs, program));
    }
    // Neither flock nor perl is there to lock it with.
    const inherited = { PATH: programs };
    const bare = await setUpDirect(host, { dataDir: direct.dataDir, go: { inherited } });
    await emptied(GO_MOD)(repository);
    const fetching = bare.fetcher.mod(KEPT, await bare.context());
    await expect(fetching).rejects.toMatchObject({
      kind: 'internal',
      message: `${MODULE}@v1.0.0: the kept repository is damaged`,
    });
    await bare.close();
  });

  it('that is sound stays when there is no such version, or the host fails, and the command runs once', async () => {
    await source.push({ files: {}, tags: ['none/v1.0.0'] });
    const none = ['v1.9.0', 'v0.0.0-20260101000000-0a1b2c3d4e5f'].map((version) => ({ module: MODULE, version }));
    for (const version of [...none, { module: `${MODULE}/none`, version: 'v1.0.0' }]) {
      await expect(mod(version)).rejects.toMatchObject({ kind: 'not-found' });
    }
    await source.push({ files: {}, tags: ['v1.2.0'] });
    host.fail(REPOSITORY, 500);
    await expect(mod({ module: MODULE, version: 'v1.2.0' })).rejects.toMatchObject({ kind: 'upstream' });
    expect(await runs()).toBe(5);
    expect(warnings()).toEqual([]);
    expect(await readdir(repository)).toContain('HEAD');
  });

  it('is not read through because its host fails, is away or is closed to us', async () => {
    const recorder = await startRecorder();
    const watched = await setUpDirect(host, { dataDir: direct.dataDir, go: { inherited: { PATH: recorder.path } } });
    for (const status of [500, 401, 404]) {
      host.fail(REPOSITORY, status);
      await expect(watched.fetcher.list(MODULE, await watched.context())).rejects.toMatchObject({
        kind: status === 500 ? 'upstream' : 'not-found',
      });
    }
    const lines = await recorder.lines();
    expect(lines.filter((line) => line.includes(' git ls-remote '))).toHaveLength(3);
    expect(lines.filter((line) => /rev-list|fsck/.test(line))).toEqual([]);
    await Promise.all([watched.close(), recorder.close()]);
  });
});
