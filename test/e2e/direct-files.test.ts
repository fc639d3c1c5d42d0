import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.js';
import { type GitWorld, startGitWorld } from '../support/git-world.js';
import { goJudge, type GoJudge, type GoModule } from '../support/go-judge.js';
import { startStack, type Stack } from '../support/stack.js';

/** Modules below example.com, a version of each, and all files that its zip has. */
const ZIPS: readonly (readonly [module: string, version: string, ...files: string[]])[] = [
  ['tags', 'v1.1.0', 'annotated.go', 'go.mod', 'meta.go', 'rc.go', 'release.go', 'tags.go'],
  ['majors/v2', 'v2.1.0', 'go.mod', 'm.go', 'm2.go'],
  ['majors/v3', 'v3.0.0', 'go.mod', 'm3.go'],
  ['nested', 'v1.0.0', 'LICENSE', 'go.mod', 'n.go', 'plain/plain.go'],
  ['nested/sub', 'v1.1.0', 'LICENSE', 'go.mod', 'more.go', 's.go'],
  // A module of go 1.24 and later loses vendor/modules.txt, but keeps the file of another folder's vendor.
  ['odd', 'v1.0.0', 'go.mod', 'odd.go', 'testdata/Upper.txt', 'vendor/modules.txt'],
  ['odd', 'v1.1.0', 'go.mod', 'odd.go', 'sub/vendor/modules.txt', 'testdata/Upper.txt'],
  ['legacy', 'v2.0.0+incompatible', 'a.go', 'b.go'],
  ['Upper/Case', 'v1.1.0-RC1', 'c.go', 'go.mod'],
];

const MODS: readonly (readonly [module: string, version: string, content: string])[] = [
  [
    'of an upper-case path, without a last newline,',
    '!upper/!case/@v/v1.0.0',
    '// Kept  to the byte.\r\nmodule example.com/Upper/Case',
  ],
  ['of a version that has none', 'legacy/@v/v1.0.0', 'module example.com/legacy\n'],
  ['of an incompatible version', 'legacy/@v/v2.0.0+incompatible', 'module example.com/legacy\n'],
  ['of a major version in a folder', 'majors/v3/@v/v3.0.0', 'module example.com/majors/v3\n\ngo 1.20\n'],
  ['of a module in a folder', 'nested/sub/@v/v1.0.0', 'module example.com/nested/sub\n\ngo 1.20\n'],
];

let world: GitWorld;
let stack: Stack;
/** The go command by itself, and one that has our GOPROXY. */
let judge: GoJudge;
let client: GoJudge;

beforeAll(async () => {
  world = await startGitWorld();
  stack = await startStack({ env: { GOPROXY: 'direct', STOA_GO_ENV: world.host.goEnvSetting } });
  judge = await goJudge({ GOPROXY: 'direct', ...world.host.env });
  client = await goJudge({ GOPROXY: stack.url });
});
afterAll(async () => {
  await judge?.close();
  await client?.close();
  await stack?.close();
  await world?.close();
});

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

describe('the files of a module in version control', () => {
  it.each(ZIPS)('%s@%s comes as the zip that go makes of it', async (module, version, ...files) => {
    const target = `example.com/${module}@${version}`;
    const [direct, proxied] = [await judge.download(target), await client.download(target)];
    expect(direct.Sum).toMatch(/^h1:/);
    expect(proxied).toMatchObject({ Sum: direct.Sum, GoModSum: direct.GoModSum });
    expect(await readFile(proxied.Zip ?? '')).toEqual(await readFile(direct.Zip ?? ''));
    expect(await readFile(proxied.GoMod ?? '')).toEqual(await readFile(direct.GoMod ?? ''));
    expect(await originOf(proxied)).toMatchObject(await originOf(direct));
    expect(await filesBelow(proxied.Dir ?? '')).toEqual([...files].sort());
  });

  it.each(MODS)('go.mod %s comes byte for byte', async (_what, path, content) => {
    const mod = await ask(`${stack.url}/example.com/${path}.mod`);
    expect([mod.status, mod.text]).toEqual([200, content]);
  });

  it.each(['tags/@v/main', 'tags/@v/v1.1', 'tags/@v/v1.2.3+meta', 'tags/@v/v3.0.0', 'legacy/@v/v2.0.0'])(
    'come under a canonical version alone: %s has no .mod and no .zip',
    async (path) => {
      const asked = world.host.requests.length;
      for (const suffix of ['.mod', '.zip']) {
        expect((await ask(`${stack.url}/example.com/${path}${suffix}`)).status).toBe(404);
      }
      expect(world.host.requests.length).toBe(asked);
    },
  );

  it('leave nothing in the folders of the go command but its repositories', async () => {
    const kept = await readdir(join(stack.folder, 'data/go/mod/cache'), { recursive: true });
    expect(kept.filter((name) => /\.(zip|ziphash|partial)$/.test(name))).toEqual([]);
    expect((await stat(join(stack.folder, 'data/go/mod/cache/vcs'))).isDirectory()).toBe(true);
  });
});

/** What an `.info` file says of where the version came from. */
async function originOf({ Info }: GoModule): Promise<object> {
  const { Version, Time, Origin } = JSON.parse(await readFile(Info ?? '', 'utf8')) as Record<string, unknown>;
  return { Version, Time, Origin };
}
