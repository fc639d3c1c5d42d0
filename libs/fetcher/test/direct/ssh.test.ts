import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { sshKeys, type SshStep } from '../../../../test/support/ssh-host.js';
import type { DirectSetup } from './direct-setup.js';
import { processArguments, processGroup } from './process-group.js';
import { ABSENT, MODULE, type SshChanges, type SshWorld, startSshWorld } from './ssh-setup.js';

const VERSION = { module: MODULE, version: 'v1.0.0' };
const COMMAND = "git-upload-pack '/team/private.git'";

let world: SshWorld;
let direct: DirectSetup;

const setUp = async (changes?: SshChanges): Promise<void> => {
  direct = await world.setUp(changes);
};
const list = async (module = MODULE, signal?: AbortSignal): Promise<string[]> =>
  direct.fetcher.list(module, await direct.context(signal));

const refused = async (kind: string, reason: string): Promise<void> =>
  expect(list()).rejects.toMatchObject({ kind, message: `${MODULE}: ${reason}` });
/** The worker's operators, too, are told that it is for them to mend. */
const refusedAndWarned = async (reason: string): Promise<void> => {
  await refused('upstream', reason);
  expect(direct.log.map((line) => JSON.parse(line) as unknown)).toContainEqual([
    'warn',
    'go command failed',
    expect.objectContaining({ cause: 'credentials', reason, text: expect.any(String) as string }),
  ]);
};
/** What ssh makes of its configuration, in its own words. */
const configuration = async (): Promise<string[]> => {
  await direct.fetcher.open();
  const args = ['-G', '-F', join(direct.dataDir, 'go/home/.ssh/config'), 'git@git.example.com'];
  return (await promisify(execFile)('ssh', args)).stdout.split('\n');
};

beforeAll(async () => {
  world = await startSshWorld();
  await world.host.createRepo('team/private.git', [
    { files: { 'go.mod': `module ${MODULE}\n`, 'a.go': 'package private\n' }, tags: ['v1.0.0'] },
  ]);
});
afterAll(() => world.close());
beforeEach(() => {
  world.dialled.length = 0;
  world.host.asked.length = 0;
});
afterEach(async () => {
  // Neither the key nor where it lies.
  const said = [...direct.log, ...(await world.recorder.lines())].join('\n');
  for (const line of world.host.userKeys.private.trim().split('\n')) expect(said).not.toContain(line);
  expect(said).not.toContain(join(world.folder, 'key'));
  expect(said).not.toContain('.ssh/key');
  await direct.close();
});

describe('a repository behind ssh', () => {
  it('gives a version and its files, by the key and the host keys of the settings', async () => {
    await setUp({ dataDir: join(world.folder, "it's 100% data") });
    const { info, mod, zip } = await direct.fetcher.zip(VERSION, await direct.context());
    expect(JSON.parse(String(info?.bytes))).toMatchObject({ Version: 'v1.0.0', Time: '2026-01-01T00:00:00Z' });
    expect(String(mod?.bytes)).toBe(`module ${MODULE}\n`);
    expect((await readFile(zip.path)).toString('latin1')).toContain(`${MODULE}@v1.0.0/a.go`);
    expect(new Set(world.host.asked)).toEqual(new Set(['connection', 'key ssh-ed25519', COMMAND]));
    expect(new Set(world.dialled)).toEqual(new Set(['93.184.216.34:2222']));
  });

  it('is found for a path that names it, by a git configuration that leads to ssh', async () => {
    const gitConfig = '[url "ssh://git@git.example.com:2222/"]\n\tinsteadOf = https://git.example.com/\n';
    await setUp({ gitConfig });
    expect(await list('git.example.com/team/private.git')).toEqual(['v1.0.0']);
  });

  it('opens to the agent of SSH_AUTH_SOCK where no key is given', async () => {
    const agent = join(world.folder, 'agent');
    const key = join(world.folder, 'agent-key');
    await writeFile(key, world.host.userKeys.private, { mode: 0o600 });
    const running = spawn('ssh-agent', ['-D', '-a', agent], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await once(running.stdout, 'data');
      await promisify(execFile)('ssh-add', ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK: agent } });
      await setUp({ key: null, agent });
      expect(await list()).toEqual(['v1.0.0']);
    } finally {
      running.kill();
    }
  });
});

describe('a fetch over ssh is refused', () => {
  it('when the host is not known, which it does not become thereby', async () => {
    await setUp({ known: null });
    await refusedAndWarned('host git.example.com: the ssh host key is not known');
    expect(await readFile(join(direct.dataDir, 'go/home/.ssh/known_hosts'), 'utf8')).toBe('');
    expect(world.host.asked).toEqual(['connection']);
  });

  it('when the host has another key than the one that is known', async () => {
    await setUp({ known: sshKeys().public });
    await refusedAndWarned('host git.example.com: the ssh host key has changed');
    expect(world.host.asked).toEqual(['connection']);
  });

  it('when the host does not accept the key', async () => {
    await setUp({ key: sshKeys().private });
    await refusedAndWarned('host git.example.com: the ssh host accepts no key of the worker');
    expect(world.host.asked).toEqual(['connection', 'key ssh-ed25519']);
  });

  it('when the key opens the host, but there is no such repository', async () => {
    await setUp();
    await expect(list(ABSENT)).rejects.toMatchObject({
      kind: 'not-found',
      message: `${ABSENT}: the repository does not exist, or access to it is refused`,
    });
  });

  it('when no key was given, and none is tried', async () => {
    await setUp({ key: null });
    await refusedAndWarned('host git.example.com: the ssh host accepts no key of the worker');
    expect(world.host.asked).toEqual(['connection']);
  });

  it('when nothing about ssh was given, so that a client goes on to its next source and no host is called', async () => {
    await setUp({ ssh: false });
    await refused('not-found', 'its repository is behind ssh, and the worker has no ssh key');
    expect(world.host.asked).toEqual([]);
  });

  it('when there is no such host', async () => {
    await setUp({ address: null });
    await refused('not-found', 'no such host');
  });

  it('when the connection breaks, which says nothing about the repository', async () => {
    await setUp();
    const hang = world.host.hang('command');
    const refusing = refused('upstream', 'the host failed');
    await hang.arrived;
    world.host.drop();
    await refusing;
  });

  it('when the worker has no ssh', async () => {
    await setUp({ path: world.recorder.folder });
    await refused('busy', 'the worker has no ssh');
  });
});

describe('ssh', () => {
  it('uses the key of the settings and knows their hosts, and nothing of the account', async () => {
    await setUp();
    const home = join(direct.dataDir, 'go/home');
    const settings = await configuration();
    expect(settings).toEqual(
      expect.arrayContaining([
        'batchmode yes',
        'stricthostkeychecking true',
        'updatehostkeys false',
        'identitiesonly yes',
        `userknownhostsfile ${home}/.ssh/known_hosts`,
      ]),
    );
    expect(settings.filter((line) => line.startsWith('identityfile'))).toEqual([`identityfile ${home}/.ssh/key`]);
  });

  it('has no key without the setting', async () => {
    await setUp({ key: null });
    expect((await configuration()).filter((line) => line.startsWith('identityfile'))).toEqual(['identityfile none']);
  });
});

it.each<SshStep>(['connection', 'command'])(
  'an ssh host that hangs at the %s: the deadline leaves no process and no connection',
  async (step) => {
    await setUp();
    await direct.fetcher.open();
    const hang = world.host.hang(step);
    const deadline = new AbortController();
    const fetching = list(MODULE, deadline.signal);
    await hang.arrived;
    const group = Number((await world.recorder.lines()).findLast((line) => / go list /.test(line))?.split(' ')[0]);
    const words = (await processArguments(group)).join('\n');
    expect(words).toMatch(/^ssh -F \S.*\.ssh\/config /m);
    expect(words).toContain('ssh-dial.js git.example.com 2222');
    expect(words).not.toContain('.ssh/key');
    deadline.abort(new Error('the deadline'));
    await expect(fetching).rejects.toMatchObject({ kind: 'timeout' });
    await hang.abandoned;
    await expect.poll(() => processGroup(group)).toEqual([]);
  },
);

it('a certificate beside the key is shown first, one that comes later too', async () => {
  await setUp();
  await list();
  expect(world.host.asked).toContain('key ssh-ed25519');
  const [key, authority] = [join(world.folder, 'key'), join(world.folder, 'authority')];
  await writeFile(`${key}.pub`, world.host.userKeys.public);
  await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', authority]);
  await promisify(execFile)('ssh-keygen', ['-q', '-s', authority, '-I', 'stoa', '-n', 'git', `${key}.pub`]);
  world.host.asked.length = 0;
  try {
    await list();
    expect(world.host.asked.slice(0, 3)).toEqual([
      'connection',
      'key ssh-ed25519-cert-v01@openssh.com',
      'key ssh-ed25519',
    ]);
  } finally {
    await rm(`${key}-cert.pub`);
  }
});

it('a key may have lost the end of its last line, or have those of Windows', async () => {
  await setUp({ key: world.host.userKeys.private.trim().replaceAll('\n', '\r\n') });
  await direct.fetcher.open();
  expect(await readFile(join(direct.dataDir, 'go/home/.ssh/key'), 'utf8')).toBe(world.host.userKeys.private);
});

it.each([
  ['no private key', 'nonsense', /^STOA_SSH_KEY_FILE is no private key without a passphrase: .*error in libcrypto$/],
  ['a key with a passphrase', sshKeys('secret').private, /^STOA_SSH_KEY_FILE .*: .*incorrect passphrase/],
])('%s is an error at once', async (_, key, message) => {
  await setUp({ key });
  await expect(direct.fetcher.open()).rejects.toThrow(message);
});
