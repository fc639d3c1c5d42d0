import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseInfo } from '#libs/protocol';
import { ask, type Answer } from '../support/ask.js';
import { type GitWorld, startGitWorld } from '../support/git-world.js';
import { goJudge, type GoModule } from '../support/go-judge.js';
import { startStack, type Stack } from '../support/stack.js';

/** Modules below example.com, and the versions that go lists for them. */
const LISTS: readonly (readonly [module: string, versions: readonly string[]])[] = [
  ['tags', ['v1.0.0', 'v1.1.0-rc.1', 'v1.1.0']],
  ['retracted', ['v1.0.0', 'v1.1.0', 'v1.2.0']],
  ['withdrawn', ['v1.0.0', 'v1.0.1']],
  ['prereleases', ['v0.1.0-alpha', 'v0.1.0-beta.2', 'v0.1.0-beta.11']],
  ['majors', ['v1.0.0', 'v1.1.0']],
  ['majors/v2', ['v2.0.0', 'v2.1.0']],
  ['majors/v3', ['v3.0.0']],
  ['nested', ['v1.0.0']],
  ['nested/sub', ['v0.9.0-rc.1', 'v1.0.0', 'v1.1.0']],
  ['legacy', ['v1.0.0', 'v2.0.0+incompatible', 'v3.1.0-pre+incompatible']],
  ['Upper/Case', ['v1.0.0', 'v1.1.0-RC1']],
  ['untagged', []],
  ['empty', []],
  ['tags/deep/in/it', []],
];

/**
 * Module, query, and the version that it resolves to. `{5}` is the hash of the sixth commit of the module's repository,
 * `{5:12}` the first 12 digits of it; a pseudo-version's minutes are the number of its commit.
 */
const QUERIES: readonly (readonly [module: string, query: string, version: string])[] = [
  ['tags', 'latest', 'v1.1.0'],
  ['retracted', 'latest', 'v1.0.0'],
  ['withdrawn', 'latest', 'v0.0.0-20260101000100-{1:12}'],
  ['prereleases', 'latest', 'v0.1.0-beta.11'],
  ['majors', 'latest', 'v1.1.0'],
  ['majors/v2', 'latest', 'v2.1.0'],
  ['majors/v3', 'latest', 'v3.0.0'],
  ['nested/sub', 'latest', 'v1.1.0'],
  ['legacy', 'latest', 'v2.0.0+incompatible'],
  ['Upper/Case', 'latest', 'v1.0.0'],
  ['untagged', 'latest', 'v0.0.0-20260101000100-{1:12}'],

  ['tags', 'main', 'v1.2.4-0.20260101000500-{5:12}'],
  ['tags', 'work', 'v1.2.4-0.20260101000600-{6:12}'],
  ['tags', 'HEAD', 'v1.2.4-0.20260101000500-{5:12}'],
  ['tags', 'release-1', 'v1.2.4-0.20260101000300-{3:12}'],
  ['tags', 'v1.2.3+meta', 'v1.2.4-0.20260101000200-{2:12}'],
  ['tags', 'vv1.0.0', 'v1.0.0'],
  ['tags', 'V1.0.1', 'v1.0.0'],
  ['tags', 'v01.0.0', 'v1.1.0-rc.1'],
  ['tags', '1.5.0', 'v1.1.0-rc.1'],
  ['tags', 'v1', 'v1.1.0'],
  ['tags', '{0}', 'v1.0.0'],
  ['tags', '{1:7}', 'v1.1.0-rc.1'],
  ['tags', '{4:12}', 'v1.1.0'],
  ['tags', '{6:39}', 'v1.2.4-0.20260101000600-{6:12}'],
  ['retracted', 'main', 'v1.0.1-0.20260101000200-{2:12}'],
  ['majors', 'main', 'v1.1.0'],
  ['majors/v2', 'v2', 'v2.1.0'],
  ['majors/v3', 'main', 'v3.0.0'],
  ['nested', 'main', 'v1.0.1-0.20260101000100-{1:12}'],
  ['nested/sub', 'main', 'v1.1.0'],
  ['legacy', 'v2.0.0', 'v2.0.0+incompatible'],
  ['legacy', 'main', 'v3.1.0-pre+incompatible'],

  ['tags', 'v1.1.0', 'v1.1.0'],
  ['tags', 'v1.1.0-rc.1', 'v1.1.0-rc.1'],
  ['retracted', 'v1.2.0', 'v1.2.0'],
  ['nested/sub', 'v0.9.0-rc.1', 'v0.9.0-rc.1'],
  ['legacy', 'v2.0.0+incompatible', 'v2.0.0+incompatible'],
  ['Upper/Case', 'v1.1.0-RC1', 'v1.1.0-RC1'],

  ['tags', 'v1.2.4-0.20260101000500-{5:12}', 'v1.2.4-0.20260101000500-{5:12}'],
  ['tags', 'v1.1.1-0.20260101000500-{5:12}', 'v1.1.1-0.20260101000500-{5:12}'],
  ['tags', 'v1.1.0-rc.1.0.20260101000300-{3:12}', 'v1.1.0-rc.1.0.20260101000300-{3:12}'],
  ['tags', 'v0.0.0-20260101000500-{5:12}', 'v0.0.0-20260101000500-{5:12}'],
  ['tags', 'v0.0.0-20260101000000-{0:12}', 'v0.0.0-20260101000000-{0:12}'],
  ['majors/v2', 'v2.0.0-20260101000100-{1:12}', 'v2.0.0-20260101000100-{1:12}'],
];

/** Module, query, and why it is refused. */
const REFUSALS: readonly (readonly [module: string, query: string, reason: RegExp])[] = [
  ['empty', 'latest', /no matching versions/],
  ['tags/deep/in/it', 'latest', /no matching versions/],
  ['nosuch', 'latest', /404 Not Found/],
  ['tags', 'v1.9.9', /unknown revision v1\.9\.9/],
  ['tags', 'nobranch', /unknown revision nobranch/],
  ['tags', '{0:6}', /unknown revision/],
  ['tags', '0123456789abcdef0123456789abcdef01234567', /unknown revision/],
  ['tags', 'v3.0.0', /must match major version/],
  ['majors', 'v2.0.0', /go\.mod has post-v2 module path/],
  ['majors/v2', 'v2.0.1', /unknown revision v2\.0\.1/],
  ['nested/plain', 'v1.0.0', /missing \S+\/go\.mod at revision plain\/v1\.0\.0/],
  ['legacy/v2', 'v2.0.0', /missing \S+\/go\.mod/],
  ['tags', 'v1.2.4-0.20260101000501-{5:12}', /does not match version-control timestamp/],
  ['tags', 'v1.9.1-0.20260101000500-{5:12}', /preceding tag \(v1\.9\.0\) not found/],
  ['tags', 'v1.1.1-0.20260101000000-{0:12}', /is not a descendent of preceding tag \(v1\.1\.0\)/],
  ['tags', 'v1.2.4-0.20260101000500-{5:11}', /revision is shorter than canonical/],
  ['tags', 'v1.2.4-0.20260101000500-{5:13}', /revision is longer than canonical/],
  ['tags', 'v1.2.4-0.20260101000500-0123456789ab', /unknown revision 0123456789ab/],
  ['tags', 'v2.0.0-20260101000500-{5:12}', /invalid version|must match major version/],
];

let world: GitWorld;
let stack: Stack;
const judged = { lists: new Map<string, GoModule>(), queries: new Map<string, GoModule>() };

beforeAll(async () => {
  world = await startGitWorld();
  stack = await startStack({ env: { GOPROXY: 'direct', STOA_GO_ENV: world.host.goEnvSetting } });
  const judge = await goJudge({ GOPROXY: 'direct', ...world.host.env });
  const modules = LISTS.map(([module]) => `example.com/${module}`);
  const lists = await judge.list(['-versions', '-retracted'], modules);
  for (const [index, module] of modules.entries()) judged.lists.set(module, lists[index]!);
  const targets = [...QUERIES, ...REFUSALS].map(([module, query]) => `example.com/${module}@${fill(module, query)}`);
  const queries = await judge.list([], targets);
  for (const [index, target] of targets.entries()) judged.queries.set(target, queries[index]!);
  await judge.close();
});
afterAll(async () => {
  await stack?.close();
  await world?.close();
});

/** Puts the hashes of a module's repository in place of `{n}` and `{n:digits}`. */
function fill(module: string, text: string): string {
  return text.replaceAll(/\{(\d+)(?::(\d+))?\}/g, (_all, commit: string, digits?: string) => {
    const hash = world.repositoryOf(module).commits[Number(commit)] ?? '';
    return hash.slice(0, Number(digits ?? hash.length));
  });
}

/** The `.info` of a query, or `@latest`. */
async function answer(module: string, query: string): Promise<Answer> {
  const escaped = `${stack.url}/example.com/${bang(module)}`;
  return ask(query === 'latest' ? `${escaped}/@latest` : `${escaped}/@v/${bang(query)}.info`);
}

function bang(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}

describe('lists of modules in version control', () => {
  it.each(LISTS)('%s has %j', async (module, versions) => {
    const list = await ask(`${stack.url}/example.com/${bang(module)}/@v/list`);
    expect([list.status, list.text]).toEqual([200, versions.map((version) => `${version}\n`).join('')]);
    expect(judged.lists.get(`example.com/${module}`)?.Versions ?? []).toEqual(versions);
  });

  it('is not found where nothing is', async () => {
    const list = await ask(`${stack.url}/example.com/nosuch/@v/list`);
    expect([list.status, list.text]).toEqual([404, expect.stringMatching(/^not found: example\.com\/nosuch: .*\n$/)]);
  });
});

describe('versions of modules in version control', () => {
  it.each(QUERIES)('%s@%s is %s, with the time and the origin that go gives', async (module, asked, expected) => {
    const [query, version] = [fill(module, asked), fill(module, expected)];
    const { status, bytes, text } = await answer(module, query);
    expect([status, text]).toEqual([200, text]);
    const { Time, Origin = {} } = judged.queries.get(`example.com/${module}@${query}`) ?? {};
    const { VCS, URL, Hash, Subdir } = Origin;
    expect(parseInfo(bytes)).toMatchObject({
      Version: version,
      Time,
      Origin: { VCS, URL, Hash, ...(Subdir ? { Subdir } : {}) },
    });
    expect(judged.queries.get(`example.com/${module}@${query}`)?.Version).toBe(version);
    expect(Hash).toMatch(/^[0-9a-f]{40}$/);
  });

  it.each(REFUSALS)('%s@%s is refused: %s', async (module, asked, reason) => {
    const query = fill(module, asked);
    const { status, text } = await answer(module, query);
    expect([status, text]).toEqual([404, expect.stringMatching(reason)]);
    expect(text).toMatch(/^not found: example\.com\/.{1,580}\n$/);
    expect(judged.queries.get(`example.com/${module}@${query}`)?.Error).toBeDefined();
  });

  it('that are refused are in the log of the worker with all that go said, and who asked', async () => {
    const { status, headers } = await ask(`${stack.url}/example.com/nosuch/@v/v1.2.3.info`);
    expect(status).toBe(404);
    await expect
      .poll(() => stack.workers[0]?.log)
      .toContainEqual(
        expect.objectContaining({
          msg: 'go command failed',
          subject: 'example.com/nosuch@v1.2.3',
          requestId: headers.get('x-request-id'),
          text: expect.stringContaining('reading http://example.com/nosuch?go-get=1: 404 Not Found') as unknown,
        }),
      );
  });
});
