import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { VcsCredentials } from '#libs/config';
import { GitHost } from '../../../../test/support/git-host.js';
import { sshKeys } from '../../../../test/support/ssh-host.js';
import { type DirectSetup, setUpDirect } from './direct-setup.js';
import { type Recorder, startRecorder } from './recorder.js';

const VERSION = { module: 'example.com/private', version: 'v1.0.0' };
const SECRET = 'hunter2hunter2';

describe('credentials', () => {
  let host: GitHost;
  let recorder: Recorder;
  let secrets: string;
  let direct: DirectSetup;

  const setUp = async (vcs: VcsCredentials): Promise<DirectSetup> => {
    direct = await setUpDirect(host, { vcs, go: { inherited: { PATH: recorder.path } } });
    return direct;
  };
  const file = async (name: string, content: string): Promise<string> => {
    const path = join(secrets, name);
    await writeFile(path, content, { mode: 0o644 });
    return path;
  };
  const fetchMod = async (): Promise<string> =>
    (await direct.fetcher.mod(VERSION, await direct.context())).bytes.toString();

  beforeAll(async () => {
    host = await GitHost.start();
    recorder = await startRecorder();
    secrets = await mkdtemp(join(tmpdir(), 'secrets-'));
    for (const path of ['example.com/private', 'github.com/acme/private']) {
      await host.createRepo(path, [{ files: { 'go.mod': `module ${path}\n` }, tags: ['v1.0.0'] }]);
    }
    host.requireLogin('example.com/private', 'robot', SECRET);
    host.requireLogin('github.com/acme/private', 'x-access-token', SECRET);
  });
  afterEach(async () => {
    expect((await recorder.lines()).join('\n')).not.toContain(SECRET);
    expect(direct.log.join('\n')).not.toContain(SECRET);
    await direct.close();
  });
  afterAll(async () => {
    await Promise.all([host.close(), recorder.close(), rm(secrets, { recursive: true, force: true })]);
  });

  it('of a netrc file open a private repository, in a copy for the owner alone', async () => {
    await setUp({ netrcFile: await file('netrc', `machine example.com login robot password ${SECRET}\n`) });
    expect(await fetchMod()).toBe('module example.com/private\n');
    expect((await stat(join(direct.dataDir, 'go/home/.netrc'))).mode & 0o777).toBe(0o600);
    // The kept repository as well: what it holds is as private as what opened it.
    for (const closed of ['go', 'go/home']) {
      expect((await stat(join(direct.dataDir, closed))).mode & 0o777).toBe(0o700);
    }
  });

  it('of a git configuration that git can not read stop the start, and are not repeated', async () => {
    const broken = `[http "https://example.com"]\n\textraHeader = "Authorization: token ${SECRET}\n`;
    await setUp({ gitConfigFile: await file('broken config', broken) });
    await expect(direct.fetcher.open()).rejects.toThrow(
      /^STOA_GIT_CONFIG_FILE is no git configuration: fatal: bad config line 2 in file \S.*broken config$/,
    );
  });

  it('are needed: without them a private repository is as good as none', async () => {
    await setUp({});
    const refusal = {
      kind: 'not-found',
      message:
        'example.com/private@v1.0.0: the repository does not exist, or the worker has no credentials that open it',
    };
    await expect(fetchMod()).rejects.toMatchObject(refusal);
  });

  it('that are wrong are not repeated', async () => {
    await setUp({ netrcFile: await file('netrc', `machine example.com login robot password wrong-${SECRET}\n`) });
    const error: unknown = await fetchMod().catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      kind: 'not-found',
      message:
        'example.com/private@v1.0.0: the repository does not exist, or the worker has no credentials that open it',
    });
    expect(String(error)).not.toContain(SECRET);
    expect(direct.log.join('\n')).toContain('go command failed');
  });

  it('may come by a git configuration of the user', async () => {
    const config = `[url "http://robot:${SECRET}@example.com/private"]\n\tinsteadOf = http://example.com/private\n`;
    await setUp({ gitConfigFile: await file('git "config"', config) });
    expect(await fetchMod()).toBe('module example.com/private\n');
  });

  it('of GitHub are a token', async () => {
    // The go command does not ask github.com where a repository is; only plain http reaches the host of the test.
    const config = '[url "http://github.com/"]\n\tinsteadOf = https://github.com/\n';
    await setUp({ githubToken: SECRET, gitConfigFile: await file('github', config) });
    const version = { module: 'github.com/acme/private', version: 'v1.0.0' };
    expect((await direct.fetcher.mod(version, await direct.context())).bytes.toString()).toBe(
      'module github.com/acme/private\n',
    );
  });

  it('of ssh are copied for the owner alone, and go when they are no longer configured', async () => {
    const { private: content } = sshKeys();
    const { dataDir, fetcher } = await setUp({
      sshKeyFile: await file('key', content),
      sshKnownHostsFile: await file('hosts', 'a host\n'),
    });
    await fetcher.open();
    const key = join(dataDir, 'go/home/.ssh/key');
    expect(await readFile(key, 'utf8')).toBe(content);
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    expect(await readFile(join(dataDir, 'go/home/.ssh/known_hosts'), 'utf8')).toBe('a host\n');
  });

  it('that can not be read are an error at once', async () => {
    const { fetcher } = await setUp({ netrcFile: join(secrets, 'absent') });
    await expect(fetcher.available(AbortSignal.timeout(30_000))).rejects.toThrow(/ENOENT.*absent/);
  });
});
