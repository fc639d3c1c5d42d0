import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

import { withoutPaths } from '../../src/direct/local-paths.js';
import { reasonFrom } from '../../src/reason.js';
import { GitHost } from '../../../../test/support/git-host.js';
import { setUpDirect } from './direct-setup.js';

describe('the paths of this machine', () => {
  it.each([
    ['git log in /srv/my data/go: exit status 1', 'git log in <path>: exit status 1'],
    ["not a git repository: '/srv/my data/go/vcs/0a'", "not a git repository: '<path>'"],
    ['open /srv/my data: no such file', 'open <path>: no such file'],
    ["mkdir /it's, (a) b/go: file exists", 'mkdir <path>: file exists'],
    ['see file:///srv/my data/x', 'see <url>'],
    ['bad line in /srv/my data/x and in /srv/my data/y', 'bad line in <path> and in <path>'],
    ['example.com/srv/my data is no path', 'example.com/srv/my data is no path'],
  ])('%s is told as %s', (text, told) => {
    expect(reasonFrom(withoutPaths(text, ["/it's, (a) b", '/srv/my data']))).toBe(told);
  });

  it.each([
    ['the data folder', (folder: string) => folder],
    ['a link to it', (folder: string) => join(folder, '../link to it')],
  ])('are in no refusal, whatever is in the name of %s', async (_, name) => {
    const folder = await mkdtemp(join(tmpdir(), 'paths-'));
    const host = await GitHost.start();
    const odd = join(folder, "the worker's, (odd) data");
    await mkdir(odd);
    await symlink(odd, join(folder, 'link to it'));
    const direct = await setUpDirect(host, { dataDir: name(odd) });
    onTestFinished(async () => {
      await Promise.all([host.close(), direct.close()]);
      await rm(folder, { recursive: true });
    });
    await host.createRepo('example.com/mod', [{ files: { 'go.mod': 'module example.com/mod\n' }, tags: ['v1.0.0'] }]);
    await direct.fetcher.list('example.com/mod', await direct.context());
    await writeFile(join(odd, 'go/home/.gitconfig'), '[nonsense');
    const fetching = direct.fetcher.list('example.com/mod', await direct.context());
    await expect(fetching).rejects.toThrow(/^example\.com\/mod: git: bad config line \d in file <path>$/);
  });
});
