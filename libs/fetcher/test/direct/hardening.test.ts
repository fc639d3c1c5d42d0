import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { GitHost } from '../../../../test/support/git-host.js';
import { type DirectSetup, setUpDirect } from './direct-setup.js';
import { type Recorder, startRecorder } from './recorder.js';

const MODULE = 'example.com/mod';

let host: GitHost;
let recorder: Recorder;
let direct: DirectSetup;

const mod = async (module: string, version: string): Promise<string> =>
  (await direct.fetcher.mod({ module, version }, await direct.context())).bytes.toString();
const zip = async (module: string, version: string): Promise<unknown> =>
  direct.fetcher.zip({ module, version }, await direct.context());
/** The go commands so far that asked for a module. */
const questions = async (): Promise<string[]> =>
  (await recorder.lines()).map((line) => line.replace(/^\d+ /, '')).filter((line) => /^go (list|mod) /.test(line));

beforeAll(async () => {
  host = await GitHost.start();
  const [commit = ''] = await (await host.createRepo('example.com/secret')).push({ files: { a: 'a' } });
  const gitmodules = '[submodule "secret"]\n\tpath = secret\n\turl = http://example.com/secret\n';
  await host.createRepo(MODULE, [
    { files: { 'go.mod': `module ${MODULE}\n`, 'a.go': 'package mod\n' }, tags: ['v1.0.0'] },
    { files: { '.gitmodules': gitmodules, secret: { commit } }, tags: ['v1.1.0'] },
  ]);
});
afterAll(() => host.close());
beforeEach(async () => {
  recorder = await startRecorder();
  direct = await setUpDirect(host, { go: { inherited: { PATH: recorder.path } } });
});
afterEach(async () => {
  await direct.close();
  await recorder.close();
});

describe('the go command', () => {
  it('is given what is asked behind the end of its flags', async () => {
    await direct.fetcher.list(MODULE, await direct.context());
    await direct.fetcher.latest(MODULE, await direct.context());
    await direct.fetcher.resolve(MODULE, 'main', await direct.context());
    await mod(MODULE, 'v1.0.0');
    await zip(MODULE, 'v1.0.0');
    expect(await questions()).toEqual([
      `go list -m -e -v -versions -retracted -json -- ${MODULE}`,
      `go list -m -e -v -json -- ${MODULE}@latest`,
      `go list -m -e -v -json -- ${MODULE}@main`,
      `go list -m -e -v -json -- ${MODULE}@v1.0.0`,
      `go mod download -json -- ${MODULE}@v1.0.0`,
    ]);
  });

  it.each([
    ['-x', 'v1.0.0'],
    ['example.com/-/..', 'v1.0.0'],
    ['example.com/mod;id', 'v1.0.0'],
    [MODULE, '-x'],
    [MODULE, '--upload-pack=id'],
    [MODULE, '/etc/passwd'],
    [MODULE, 'v1.0.0/../../x'],
    [MODULE, 'v1.0.0\n'],
  ])('is not started for %j@%j', async (module, version) => {
    const query = version === 'v1.0.0' ? 'main' : version;
    const context = await direct.context();
    for (const ask of [
      () => mod(module, version),
      () => zip(module, version),
      () => direct.fetcher.resolve(module, query, context),
    ]) {
      await expect(ask()).rejects.toMatchObject({ kind: 'not-found' });
    }
    expect(await questions()).toEqual([]);
  });

  it('uses git alone: no other system is started, whatever a page says', async () => {
    host.createVanity('example.com/mercurial', 'http://example.com/mercurial', 'hg');
    await expect(mod('example.com/mercurial', 'v1.0.0')).rejects.toMatchObject({
      kind: 'forbidden',
      message: 'example.com/mercurial@v1.0.0: GOVCS disallows using hg for public example.com/mercurial',
    });
  });
});

describe('git', () => {
  it.each(['git://127.0.0.1:1/mod', 'svn://127.0.0.1:1/mod', 'file:///etc', 'ext::id://x'])(
    'does not go to %s, whatever a page says',
    async (url) => {
      host.createVanity('example.com/odd', url);
      const error: unknown = await mod('example.com/odd', 'v1.0.0').catch((reason: unknown) => reason);
      expect(error).toMatchObject({ kind: expect.stringMatching(/^(forbidden|not-found)$/) as unknown });
      expect(String(error)).not.toMatch(/can not be reached|not exist, or access/);
    },
  );

  it('runs no hook', async () => {
    await mod(MODULE, 'v1.0.0');
    const vcs = join(direct.dataDir, 'go/mod/cache/vcs');
    const repository = join(vcs, (await readdir(vcs)).find((name) => /^[0-9a-f]+$/.test(name)) ?? '');
    const hook = join(repository, 'hooks', 'reference-transaction');
    await mkdir(join(repository, 'hooks'), { recursive: true });
    await writeFile(hook, `#!/bin/sh\necho ran >> '${repository}/hook-ran'\n`);
    await chmod(hook, 0o755);
    await host.createRepo(MODULE, [{ files: { 'go.mod': `module ${MODULE}\n` }, tags: ['v1.2.0'] }]);
    await mod(MODULE, 'v1.2.0');
    expect(await readdir(repository)).not.toContain('hook-ran');
  });

  it('does not look at submodules', async () => {
    await zip(MODULE, 'v1.1.0');
    expect(host.requests.filter((request) => request.includes('example.com/secret'))).toEqual([]);
  });
});
