import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { GoConfig, VcsCredentials } from '#libs/config';
import { GitHost } from '../../../../test/support/git-host.js';
import { sshKeys } from '../../../../test/support/ssh-host.js';
import { type DirectSetup, setUpDirect } from './direct-setup.js';
import { processArguments } from './process-group.js';
import { type Recorder, startRecorder } from './recorder.js';

const MODULE = 'example.com/private';
/** A part of every secret of these tests but the ssh key, of which ssh.test.ts tells. */
const CANARY = 'canary7f3a';

let host: GitHost;
let recorder: Recorder;
let folder: string;
let vcs: VcsCredentials;
let go: Partial<GoConfig>;

const file = async (name: string, content: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

/** What a fetch that fails says to its caller and to the log. */
async function failure(direct: DirectSetup, signal?: AbortSignal): Promise<string> {
  const context = { ...(await direct.context(signal)), requestId: 'request-1' };
  const error: unknown = await direct.fetcher.zip({ module: MODULE, version: 'v1.0.0' }, context).then(
    () => expect.fail('it was fetched'),
    (reason: unknown) => reason,
  );
  return [String(error), ...direct.log].join('\n');
}

beforeAll(async () => {
  host = await GitHost.start();
  recorder = await startRecorder();
  folder = await mkdtemp(join(tmpdir(), 'canary-'));
  await host.createRepo(MODULE, [{ files: { 'go.mod': `module ${MODULE}\n` }, tags: ['v1.0.0'] }]);
  vcs = {
    netrcFile: await file('netrc', `machine example.com login robot password ${CANARY}-password\n`),
    sshKeyFile: await file('key', sshKeys().private),
    githubToken: `ghp_${CANARY}`,
    gitConfigFile: await file(
      'config',
      `[http "http://other.example.com"]\n\textraHeader = Authorization: Bearer ${CANARY}-header\n`,
    ),
  };
  go = { inherited: { PATH: recorder.path }, GOAUTH: `/bin/cat ${await file('goauth', `${CANARY}-goauth\n`)}` };
});
afterAll(async () => {
  await Promise.all([host.close(), recorder.close(), rm(folder, { recursive: true, force: true })]);
});

it('no secret is among the arguments of a process that go or git starts', async () => {
  const direct = await setUpDirect(host, { vcs, go });
  await direct.fetcher.open();
  const hang = host.hang(MODULE);
  const controller = new AbortController();
  const failing = failure(direct, controller.signal);
  await hang.arrived;
  const group = Number((await recorder.lines()).findLast((line) => / go mod /.test(line))?.split(' ')[0]);
  const words = (await processArguments(group)).join('\n');
  expect(words).toContain('git-remote-http');
  expect(words).not.toContain(CANARY);
  controller.abort();
  expect(await failing).not.toContain(CANARY);
  expect((await recorder.lines()).join('\n')).not.toContain(CANARY);
  await direct.close();
});

it('no secret that a host repeats comes into an answer or the log, which says all the rest and who asked', async () => {
  const direct = await setUpDirect(host, { vcs, go });
  const secrets = [`${CANARY}-password`, `ghp_${CANARY}`, `${CANARY}-header`];
  host.fail(
    MODULE,
    403,
    [...secrets, `Authorization: Basic ${CANARY}-unknown`, `PRIVATE-TOKEN: ${CANARY}-unknown`, 'go away'].join('\n'),
  );
  const said = await failure(direct);
  expect(said).not.toContain(CANARY);
  expect(said).toContain('remote: go away');
  expect(said).toContain('"requestId":"request-1"');
  await direct.close();
});

it('files with secrets are for their owner alone', async () => {
  const direct = await setUpDirect(host, { vcs, go });
  await direct.fetcher.open();
  const home = join(direct.dataDir, 'go/home');
  expect((await stat(home)).mode & 0o077).toBe(0);
  for (const name of ['.netrc', '.gitconfig', '.ssh/key']) {
    expect((await stat(join(home, name))).mode & 0o077).toBe(0);
  }
  const others = (await readdir(join(direct.dataDir, 'go'))).filter((name) => name !== 'home');
  expect(others.sort()).toEqual(['bin', 'cache', 'empty', 'jobs', 'mod', 'path']);
  await direct.close();
});
