import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Info, type ModuleVersion, parseInfo, RefusalError } from '#libs/protocol';
import { GitHost } from '../../../../test/support/git-host.js';
import type { GitRepository } from '../../../../test/support/git-repository.js';
import { type DirectSetup, setUpDirect } from './direct-setup.js';

const goMod = (path: string, rest = ''): string => `module ${path}\n\ngo 1.20\n${rest}`;
const info = (bytes: Buffer | undefined): Info | null => parseInfo(bytes ?? Buffer.alloc(0));

/** `<kind>: <message>` of a refusal. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RefusalError);
  return error instanceof RefusalError ? `${error.kind}: ${error.message}` : '';
}

describe('DirectFetcher', () => {
  let host: GitHost;
  let direct: DirectSetup;
  let repo: GitRepository;
  let commits: string[];

  const list = async (module: string): Promise<string[]> => direct.fetcher.list(module, await direct.context());
  const latest = async (module: string): Promise<string | undefined> =>
    info((await direct.fetcher.latest(module, await direct.context())).bytes)?.Version;
  const resolve = async (module: string, query: string): Promise<string | undefined> =>
    info((await direct.fetcher.resolve(module, query, await direct.context())).bytes)?.Version;
  const zip = async (module: string): Promise<unknown> =>
    direct.fetcher.zip({ module, version: 'v1.0.0' }, await direct.context());
  const mod = async (version: ModuleVersion): Promise<string> =>
    (await direct.fetcher.mod(version, await direct.context())).bytes.toString();

  beforeAll(async () => {
    host = await GitHost.start();
    repo = await host.createRepo('example.com/mod');
    commits = await repo.push(
      { files: { 'go.mod': goMod('example.com/mod'), 'a.go': 'package mod\n' }, tags: ['v1.0.0'] },
      { files: { 'a.go': 'package mod // 1.1\n' }, tags: ['v1.1.0', 'v1.1', 'unrelated'] },
      { files: { 'go.mod': goMod('example.com/mod', '\nretract [v1.1.0, v1.2.0]\n') }, tags: ['v1.2.0'] },
      { files: { 'sub/go.mod': goMod('example.com/mod/sub'), 'sub/s.go': 'package sub\n' }, tags: ['sub/v0.1.0'] },
      { files: { 'go.mod': goMod('example.com/mod/v2') }, tags: ['v2.0.0'] },
      { files: { 'b.go': 'package mod\n' }, branch: 'feature' },
    );
    await host.createRepo('example.com/old', [{ files: { 'a.go': 'package old\n' }, tags: ['v1.0.0', 'v2.0.0'] }]);
    await host.createRepo('example.com/untagged', [
      { files: { 'a.go': 'package untagged\n' } },
      { files: { 'b.go': 'package untagged\n' } },
    ]);
    await host.createRepo('example.com/fork', [{ files: { 'go.mod': goMod('example.com/mod') }, tags: ['v1.0.0'] }]);
    await host.createRepo('example.com/future', [
      { files: { 'go.mod': 'module example.com/future\n\ngo 1.999\n' }, tags: ['v1.0.0'] },
    ]);
    await host.createRepo('example.com/collision', [
      {
        files: { 'go.mod': goMod('example.com/collision'), 'a.go': 'package a\n', 'A.go': 'package a\n' },
        tags: ['v1.0.0'],
      },
    ]);
    await host.createRepo('example.com/empty');
    await host.createRepo('example.com/broken', [{ files: { 'go.mod': 'not a go.mod\n' }, tags: ['v1.0.0'] }]);
    host.fail('example.com/down', 503);
    direct = await setUpDirect(host);
  });
  afterAll(async () => {
    await direct.close();
    await host.close();
  });

  it('says which go it has', async () => {
    expect(await direct.fetcher.available(AbortSignal.timeout(30_000))).toMatch(/^go\d+\.\d+\S* \S+\/\S+$/);
  });

  describe('lists', () => {
    it('keeps retracted versions', async () => {
      expect(await list('example.com/mod')).toEqual(['v1.0.0', 'v1.1.0', 'v1.2.0']);
    });
    it('knows major versions and sub-directories', async () => {
      expect(await list('example.com/mod/v2')).toEqual(['v2.0.0']);
      expect(await list('example.com/mod/sub')).toEqual(['v0.1.0']);
      expect(await list('example.com/old')).toEqual(['v1.0.0', 'v2.0.0+incompatible']);
    });
    it('is empty without tags', async () => {
      expect(await list('example.com/untagged')).toEqual([]);
      expect(await list('example.com/empty')).toEqual([]);
    });
    it('refuses a repository that does not exist', async () => {
      expect(await refusal(list('example.com/nosuch'))).toMatch(
        /^not-found: example\.com\/nosuch: unrecognized import path/,
      );
    });
    it('takes a host that fails for a failure, not for an absence', async () => {
      expect(await refusal(list('example.com/down'))).toMatch(
        /^upstream: example\.com\/down: .*503 Service Unavailable/,
      );
    });
    it('refuses what is no module path before a command runs', async () => {
      const asked = host.requests.length;
      expect(await refusal(list('--help'))).toMatch(/^not-found: .*malformed module path/);
      expect(host.requests.length).toBe(asked);
    });
  });

  describe('latest', () => {
    it('leaves out what its author retracted', async () => {
      expect(await latest('example.com/mod')).toBe('v1.0.0');
    });
    it('is a pseudo-version of the newest commit where nothing is tagged', async () => {
      expect(await latest('example.com/untagged')).toMatch(/^v0\.0\.0-20260101000100-[0-9a-f]{12}$/);
    });
    it('refuses a repository without commits', async () => {
      expect(await refusal(latest('example.com/empty'))).toBe(
        'not-found: example.com/empty@latest: no matching versions for query "latest"',
      );
    });
  });

  describe('resolves', () => {
    it('a branch', async () => {
      expect(await resolve('example.com/mod/v2', 'feature')).toBe(
        `v2.0.1-0.20260101000500-${commits[5]?.slice(0, 12)}`,
      );
    });
    it('a commit, to the tag it carries', async () => {
      expect(await resolve('example.com/mod', commits[0]?.slice(0, 8) ?? '')).toBe('v1.0.0');
    });
    it('a branch that has moved since', async () => {
      const [moved] = await repo.push({ files: { 'c.go': 'package mod\n' }, branch: 'feature' });
      expect(await resolve('example.com/mod/v2', 'feature')).toContain(moved?.slice(0, 12));
    });
    it('nothing that has another meaning to the go command', async () => {
      for (const query of ['latest', 'upgrade', 'none', '-x', 'a/b', '>=v1.0.0']) {
        expect(await refusal(resolve('example.com/mod', query))).toMatch(/^not-found: /);
      }
    });
    it('no revision that the repository does not have', async () => {
      expect(await refusal(resolve('example.com/mod', 'nobranch'))).toBe(
        'not-found: example.com/mod@nobranch: invalid version: unknown revision nobranch',
      );
    });
  });

  describe('versions', () => {
    it('have a time and an origin, and their go.mod byte for byte', async () => {
      const version = { module: 'example.com/mod', version: 'v1.2.0' };
      const fetched = await direct.fetcher.info(version, await direct.context());
      expect(info(fetched.bytes)).toMatchObject({
        Version: 'v1.2.0',
        Time: '2026-01-01T00:02:00Z',
        Origin: { Hash: commits[2] },
      });
      expect(fetched.source).toBe('direct');
      expect(await mod(version)).toBe(goMod('example.com/mod', '\nretract [v1.1.0, v1.2.0]\n'));
    });
    it('have a go.mod even where the repository has none, or it names another module', async () => {
      expect(await mod({ module: 'example.com/old', version: 'v2.0.0+incompatible' })).toBe('module example.com/old\n');
      expect(await mod({ module: 'example.com/fork', version: 'v1.0.0' })).toBe(goMod('example.com/mod'));
    });
    it('get .info and .mod from one command when both are asked for at once', async () => {
      const runs = async (): Promise<number> =>
        (await direct.metrics.goCommands.get()).values.reduce((sum, { value }) => sum + value, 0);
      const before = await runs();
      const [context, version] = [await direct.context(), { module: 'example.com/mod', version: 'v1.1.0' }];
      await Promise.all([direct.fetcher.mod(version, context), direct.fetcher.info(version, context)]);
      expect(await runs()).toBe(before + 1);
    });
    it('are refused with the reason when they can not be', async () => {
      const cases: [string, string, RegExp][] = [
        [
          'example.com/mod',
          'v9.9.9',
          /^not-found: example\.com\/mod@v9\.9\.9: invalid version: should be v0 or v1, not v9$/,
        ],
        [
          'example.com/mod',
          'v1.9.9',
          /^not-found: example\.com\/mod@v1\.9\.9: invalid version: unknown revision v1\.9\.9$/,
        ],
        ['example.com/mod', 'v2.0.0+incompatible', /^not-found: .*module path/],
        ['example.com/mod/v3', 'v3.0.0', /^not-found: .*unknown revision v3\.0\.0$/],
        ['example.com/mod/nosub', 'v1.0.0', /^not-found: .*unknown revision nosub\/v1\.0\.0$/],
        ['example.com/mod', 'v0.0.0-20200101000000-abcdefabcdef', /^not-found: .*unknown revision abcdefabcdef$/],
        ['example.com/nosuch', 'v1.0.0', /^not-found: .*404 Not Found$/],
        ['example.com/broken', 'v1.0.0', /^not-found: .*go\.mod/],
      ];
      for (const [module, version, expected] of cases)
        expect(await refusal(mod({ module, version }))).toMatch(expected);
    });
  });

  describe('zips', () => {
    it('come with .info and .mod, and leave nothing behind', async () => {
      const context = await direct.context();
      const fetched = await direct.fetcher.zip({ module: 'example.com/mod/sub', version: 'v0.1.0' }, context);
      expect(await readdir(context.scratch)).toHaveLength(1);
      expect(fetched.zip.path.startsWith(context.scratch)).toBe(true);
      expect(fetched.zip.size).toBe((await stat(fetched.zip.path)).size);
      expect((await readFile(fetched.zip.path)).toString('latin1')).toContain('example.com/mod/sub@v0.1.0/s.go');
      expect(fetched.mod?.bytes.toString()).toBe(goMod('example.com/mod/sub'));
      expect(info(fetched.info?.bytes)?.Version).toBe('v0.1.0');

      expect(await readdir(join(direct.dataDir, 'go/mod'))).toEqual(['cache']);
      const kept = await readdir(join(direct.dataDir, 'go/mod/cache'), { recursive: true });
      expect(kept.filter((name) => /\.(zip|ziphash|tmp|partial)$/.test(name))).toEqual([]);
    });
    it('clone nothing again once .info and .mod have been fetched', async () => {
      const version = { module: 'example.com/mod', version: 'v1.2.0' };
      await mod(version);
      host.requests.length = 0;
      await direct.fetcher.zip(version, await direct.context());
      expect(host.requests).toEqual([
        'GET example.com/mod?go-get=1',
        'GET example.com/mod/info/refs?service=git-upload-pack',
        'POST example.com/mod/git-upload-pack',
      ]);
    });
    it('are the same when fetched again', async () => {
      const version = { module: 'example.com/mod', version: 'v1.0.0' };
      const first = await direct.fetcher.zip(version, await direct.context());
      const second = await direct.fetcher.zip(version, await direct.context());
      expect(await readFile(second.zip.path)).toEqual(await readFile(first.zip.path));
    });
    it("are not in each other's way", async () => {
      const version = { module: 'example.com/mod', version: 'v1.1.0' };
      const contexts = await Promise.all([direct.context(), direct.context()]);
      const fetched = await Promise.all(contexts.map((context) => direct.fetcher.zip(version, context)));
      const [one, other] = await Promise.all(fetched.map((each) => readFile(each.zip.path)));
      expect(one).toEqual(other);
    });
    it('are refused with the reason when they can not be made', async () => {
      expect(await refusal(zip('example.com/collision'))).toMatch(/^not-found: .*case-insensitive file name collision/);
      expect(await refusal(zip('example.com/future'))).toMatch(/^busy: .*requires go >= 1\.999 \(running go/);
      // Its small files can be had all the same.
      expect(await mod({ module: 'example.com/future', version: 'v1.0.0' })).toContain('go 1.999');
    });
  });
});
