import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseInfo } from '#libs/protocol';
import { GitHost } from '../../../../test/support/git-host.js';
import { names } from '../guard/names.js';
import { type DirectSetup, setUpDirect } from './direct-setup.js';

let host: GitHost;
let direct: DirectSetup;

const goMod = (path: string): string => `module ${path}\n\ngo 1.20\n`;
const VANITY = 'go.example.org/lib';

beforeAll(async () => {
  host = await GitHost.start();
  await host.createRepo('git.example.com/team/lib.git', [
    {
      files: { 'go.mod': goMod(VANITY), 'l.go': 'package lib\n', 'sub/go.mod': goMod(`${VANITY}/sub`), 'sub/s.go': '' },
      tags: ['v1.0.0', 'sub/v0.1.0'],
    },
    { files: { 'go.mod': goMod(`${VANITY}/v2`) }, tags: ['v2.0.0'] },
    { files: { 'v3/go.mod': goMod(`${VANITY}/v3`), 'sub/v2/go.mod': goMod(`${VANITY}/sub/v2`) }, tags: ['v3.1.0'] },
    { files: { 'sub/v2/s.go': 'package sub\n' }, tags: ['sub/v2.0.0'] },
  ]);
  host.createVanity(VANITY, 'http://git.example.com/team/lib.git');
  // Its own page names a repository of the same path, which has the branches and tags of one major version in front.
  await host.createRepo('gopkg.in/lib.v2', [
    { files: { 'go.mod': goMod('gopkg.in/lib.v2'), 'l.go': 'package lib\n' }, tags: ['v1.0.0', 'v2.0.0', 'v2.1.0'] },
  ]);
  await host.createRepo('gopkg.in/team/old.v1', [{ files: { 'o.go': 'package old\n' }, tags: ['v1.4.0', 'v2.0.0'] }]);
  direct = await setUpDirect(host);
});
afterAll(async () => {
  await direct.close();
  await host.close();
});

it.each([
  [VANITY, ['v1.0.0'], 'v1.0.0'],
  [`${VANITY}/v2`, ['v2.0.0'], 'v2.0.0'],
  [`${VANITY}/v3`, ['v3.1.0'], 'v3.1.0'],
  [`${VANITY}/sub`, ['v0.1.0'], 'v0.1.0'],
  [`${VANITY}/sub/v2`, ['v2.0.0'], 'v2.0.0'],
  ['gopkg.in/lib.v2', ['v2.0.0', 'v2.1.0'], 'v2.1.0'],
  ['gopkg.in/team/old.v1', ['v1.4.0'], 'v1.4.0'],
])('%s is found where its page says: versions %j, the newest whole', async (module, versions, newest) => {
  const { fetcher } = direct;
  expect(await fetcher.list(module, await direct.context())).toEqual(versions);
  expect(parseInfo((await fetcher.latest(module, await direct.context())).bytes)?.Version).toBe(newest);
  const { mod, zip } = await fetcher.zip({ module, version: newest }, await direct.context());
  expect(mod?.bytes.toString()).toContain(`module ${module}\n`);
  expect((await readFile(zip.path)).toString('latin1')).toContain(`${module}@${newest}/`);
});

it.each([
  [`${VANITY}/none`, 'v1.0.0', /unknown revision none\/v1\.0\.0/],
  [`${VANITY}/v4`, 'v4.0.0', /unknown revision v4\.0\.0/],
  ['go.example.org/other', 'v1.0.0', /404 Not Found/],
  ['gopkg.in/none.v1', 'v1.0.0', /404 Not Found/],
  ['gopkg.in/lib', 'v1.0.0', /./],
])('%s@%s is not found', async (module, version, reason) => {
  const fetching = direct.fetcher.mod({ module, version }, await direct.context());
  await expect(fetching).rejects.toMatchObject({
    kind: 'not-found',
    message: expect.stringMatching(reason) as unknown,
  });
});

describe('a path that says by itself where its repository is, of which go tries all protocols', () => {
  const REPOSITORY = 'git.example.com/team/own';
  const INNER = 'inner.example.com/team/own';
  const GONE = 'the repository does not exist, or';
  let secure: GitHost;
  let setup: DirectSetup;
  beforeAll(async () => {
    secure = await GitHost.start({ tls: true });
    await secure.createRepo(REPOSITORY);
    const { resolve } = names({ 'git.example.com': [['93.184.216.34']], 'inner.example.com': [['10.1.2.3']] });
    setup = await setUpDirect(secure, { resolve });
  });
  afterAll(async () => {
    await setup.close();
    await secure.close();
  });

  it.each([
    ['not found, where the host has nothing there', REPOSITORY, 404, 'not-found', `${GONE} access to it is refused`],
    [
      'not found, where the host wants a password',
      REPOSITORY,
      401,
      'not-found',
      `${GONE} the worker has no credentials`,
    ],
    ['a failure of the host, where that fails', REPOSITORY, 503, 'upstream', 'the host failed'],
    ['forbidden, where the host is inside', INNER, 0, 'forbidden', 'host inner.example.com: address not allowed'],
  ])('is %s', async (_what, repository, status, kind, reason) => {
    secure.fail(repository, status);
    const module = `${repository}.git`;
    await expect(setup.fetcher.list(module, await setup.context())).rejects.toMatchObject({
      kind,
      message: expect.stringContaining(`${module}: ${reason}`) as string,
    });
    expect(setup.log.at(-1)).toContain(`git ls-remote https://${repository}`);
  });
});
