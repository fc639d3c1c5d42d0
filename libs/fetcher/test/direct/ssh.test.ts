import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { GitHost } from '../../../../test/support/git-host.js';
import { SshHost, sshKeys, type SshKeys, type SshStep } from '../../../../test/support/ssh-host.js';
import { type Dial, dialTcp } from '../../src/guard/dial.js';
import { names } from '../guard/names.js';
import { type DirectChanges, type DirectSetup, setUpDirect } from './direct-setup.js';
import { processArguments, processGroup } from './process-group.js';
import { type Recorder, startRecorder } from './recorder.js';

const MODULE = 'example.com/private';
const VERSION = { module: MODULE, version: 'v1.0.0' };
/** Where the page of the module says that its repository is. */
const ENDPOINT = '[git.example.com]:2222';
/** Says it at once, and whatever a client sends. */
const BANNER = 'no space left on device\r\nLoad key "/secret/key": signal: killed\r\n';

let pages: GitHost;
let host: SshHost;
let folder: string;
let recorder: Recorder;
let direct: DirectSetup;
const dialled: string[] = [];

const file = async (name: string, content: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

/** A fetcher for which every address outside is the ssh host. */
async function setUp({
  key = host.userKeys.private,
  known = `${ENDPOINT} ${host.hostKeys.public}\n`,
  address = '93.184.216.34',
  fault = '',
  gitConfig = '',
  ...changes
}: {
  readonly key?: string | null;
  readonly known?: string | null;
  readonly address?: string;
  readonly fault?: string;
  readonly gitConfig?: string;
} & DirectChanges = {}): Promise<DirectSetup> {
  const dial: Dial = async (destination) => {
    const { addresses, port } = destination;
    // The proxy behind which the pages are.
    if (addresses === null) return dialTcp(destination);
    dialled.push(...addresses.map((one) => `${one.address}:${port}`));
    if (fault) throw Object.assign(new Error(fault), { code: fault });
    return dialTcp({ host: '127.0.0.1', port: host.port, addresses: null });
  };
  direct = await setUpDirect(pages, {
    go: { inherited: { PATH: recorder.path } },
    resolve: names({ 'git.example.com': [[address]] }).resolve,
    dial,
    ...changes,
    vcs: {
      ...(key !== null && { sshKeyFile: await file('key', key) }),
      ...(known !== null && { sshKnownHostsFile: await file('known', known) }),
      ...(gitConfig && { gitConfigFile: await file('git', gitConfig) }),
    },
  });
  return direct;
}

/** How a fetch is refused. */
async function refusal(signal?: AbortSignal): Promise<unknown> {
  const fetching = direct.fetcher.mod(VERSION, await direct.context(signal));
  const { kind, message } = (await fetching.catch((error: unknown) => error)) as { kind?: string; message?: string };
  return { kind, message };
}

beforeAll(async () => {
  [pages, recorder] = await Promise.all([GitHost.start(), startRecorder()]);
  folder = await mkdtemp(join(tmpdir(), 'ssh-'));
  pages.createVanity(MODULE, 'ssh://git@git.example.com:2222/team/private.git');
  host = await SshHost.start({ banner: BANNER });
  await host.createRepo('team/private.git', [
    { files: { 'go.mod': `module ${MODULE}\n`, 'a.go': 'package private\n' }, tags: ['v1.0.0'] },
  ]);
});
afterAll(async () => {
  await Promise.all([pages.close(), host.close(), recorder.close(), rm(folder, { recursive: true, force: true })]);
});
beforeEach(() => {
  dialled.length = 0;
  host.asked.length = 0;
});
afterEach(() => direct.close());

describe('x', () => {
  it('works', async () => {
    await setUp();
    const context = await direct.context();
    console.log(await direct.fetcher.list(MODULE, context));
    console.log((await direct.fetcher.info(VERSION, context)).bytes.toString());
    console.log((await direct.fetcher.mod(VERSION, context)).bytes.toString());
    console.log(await direct.fetcher.zip(VERSION, context));
    console.log(host.asked, dialled, direct.log);
  });
  it.each([
    ['unknown', { known: '' }],
    ['nofile', { known: null }],
    ['changed', { known: `${ENDPOINT} ${sshKeys().public}\n` }],
    ['otherkey', { key: sshKeys().private }],
    ['nokey', { key: null }],
    ['badkey', { key: 'nonsense\n' }],
    ['private', { address: '10.1.2.3' }],
    ['nohost', { resolve: names({}).resolve }],
    ['refused', { fault: 'ECONNREFUSED' }],
    ['timedout', { fault: 'ETIMEDOUT' }],
    ['nonl', { key: host?.userKeys.private.trim() }],
  ])('%s', async (name, changes) => {
    await setUp(name === 'nonl' ? { key: host.userKeys.private.trim() } : changes);
    console.log(name, await refusal(), host.asked, dialled, direct.log);
  });
});
