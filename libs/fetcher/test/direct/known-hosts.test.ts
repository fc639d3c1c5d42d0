import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GitHost } from '../../../../test/support/git-host.js';
import { knownHostFault } from '../../src/direct/known-hosts.js';
import { setUpDirect, type DirectSetup } from './direct-setup.js';
import { startRecorder, type Recorder } from './recorder.js';

const NO_REPOSITORY = [
  'github.com',
  'github.com/org',
  'github.com/~org/repo',
  'bitbucket.org/org',
  'hub.jazz.net/git/org',
  'git.apache.org/repo',
  'git.openstack.org/org',
  'chiselapp.com/user/org/repository/repo/sub',
];

describe('a path on a host that go knows', () => {
  it.each(NO_REPOSITORY)('%s can be no repository, as go says itself', async (module) => {
    const fault = knownHostFault(module);
    expect(fault).toMatch(/^invalid \S+ import path$/);
    const env = { ...process.env, GOPROXY: 'direct', GONOPROXY: '', GOFLAGS: '', GOTOOLCHAIN: 'local' };
    const go = promisify(execFile)('go', ['list', '-m', '-versions', module], { env, cwd: '/' });
    await expect(go).rejects.toMatchObject({ stderr: expect.stringContaining(`${fault} "${module}"`) as string });
  });

  it.each([
    'github.com/org/repo',
    'github.com/org/repo/sub/v2',
    'bitbucket.org/org/repo',
    'hub.jazz.net/page',
    'git.apache.org/repo.git/sub',
    'git.openstack.org/org/repo.git',
    'chiselapp.com/user/org/repository/repo',
    'github.company.example/org',
    'gitlab.com/org',
  ])('%s may be one', (module) => {
    expect(knownHostFault(module)).toBeNull();
  });
});

describe('a user page of such a host', () => {
  let host: GitHost;
  let recorder: Recorder;
  let direct: DirectSetup;

  beforeAll(async () => {
    host = await GitHost.start();
    recorder = await startRecorder();
    direct = await setUpDirect(host, { go: { inherited: { PATH: recorder.path } } });
    await direct.fetcher.open();
  });
  afterAll(async () => {
    await direct.close();
    await recorder.close();
    await host.close();
  });

  it('is refused as not found without a process', async () => {
    const before = await recorder.lines();
    const context = await direct.context();
    const version = { module: 'github.com/org', version: 'v1.0.0' };
    const refused = expect.objectContaining({ kind: 'not-found' }) as object;
    await expect(direct.fetcher.list('github.com/org', context)).rejects.toEqual(refused);
    await expect(direct.fetcher.latest('github.com/org', context)).rejects.toEqual(refused);
    await expect(direct.fetcher.resolve('github.com/org', 'main', context)).rejects.toEqual(refused);
    await expect(direct.fetcher.info(version, context)).rejects.toEqual(refused);
    await expect(direct.fetcher.zip(version, context)).rejects.toMatchObject({
      message: 'github.com/org@v1.0.0: invalid github.com import path',
    });
    expect(await recorder.lines()).toEqual(before);
  });
});
