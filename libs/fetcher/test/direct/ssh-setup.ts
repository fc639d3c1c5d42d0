import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { GitHost } from '../../../../test/support/git-host.js';
import { SshHost } from '../../../../test/support/ssh-host.js';
import { type Dial, dialTcp } from '../../src/guard/dial.js';
import { names } from '../guard/names.js';
import { type DirectSetup, setUpDirect } from './direct-setup.js';
import { type Recorder, startRecorder } from './recorder.js';

/** A module whose page says that its repository is at ssh://git@git.example.com:2222/. */
export const MODULE = 'example.com/private';

/** One whose repository the ssh host does not have. */
export const ABSENT = 'example.com/absent';

/** The host as it stands in known_hosts. */
const ENDPOINT = '[git.example.com]:2222';

/** What a fetcher is given; a test names what is wrong. */
export interface SshChanges {
  /** The private key; null: none. */
  readonly key?: string | null;
  /** The host's public key in known_hosts; null: the file is empty. */
  readonly known?: string | null;
  /** False: no setting is about ssh. */
  readonly ssh?: boolean;
  /** What the name of the host resolves to; null: nothing. */
  readonly address?: string | null;
  readonly path?: string;
  readonly agent?: string;
  readonly gitConfig?: string;
  readonly dataDir?: string;
}

/** An ssh host behind a dialler that leads every address outside to it, and notes where it would have gone. */
export interface SshWorld {
  readonly host: SshHost;
  readonly recorder: Recorder;
  /** `address:port`. */
  readonly dialled: string[];
  /** Of credentials. */
  readonly folder: string;
  setUp(changes?: SshChanges): Promise<DirectSetup>;
  close(): Promise<void>;
}

/** Starts it. */
export async function startSshWorld(): Promise<SshWorld> {
  const [pages, host, recorder] = await Promise.all([GitHost.start(), SshHost.start(), startRecorder()]);
  const folder = await mkdtemp(join(tmpdir(), 'ssh-world-'));
  pages.createVanity(MODULE, 'ssh://git@git.example.com:2222/team/private.git');
  pages.createVanity(ABSENT, 'ssh://git@git.example.com:2222/team/absent.git');
  const dialled: string[] = [];
  const dial: Dial = async (destination) => {
    // The proxy behind which the pages are.
    if (destination.addresses === null) return dialTcp(destination);
    dialled.push(...destination.addresses.map(({ address }) => `${address}:${destination.port}`));
    return dialTcp({ host: '127.0.0.1', port: host.port, addresses: null });
  };
  const file = async (name: string, content: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };
  return {
    host,
    recorder,
    dialled,
    folder,
    setUp: async ({
      key = host.userKeys.private,
      known = host.hostKeys.public,
      ssh = true,
      address = '93.184.216.34',
      path = recorder.path,
      agent,
      gitConfig,
      dataDir,
    } = {}) =>
      setUpDirect(pages, {
        go: { inherited: { PATH: path, ...(agent && { SSH_AUTH_SOCK: agent }) } },
        vcs: {
          ...(ssh && key !== null && { sshKeyFile: await file('key', key) }),
          ...(ssh && { sshKnownHostsFile: await file('known', known === null ? '' : `${ENDPOINT} ${known}\n`) }),
          ...(gitConfig && { gitConfigFile: await file('config', gitConfig) }),
        },
        ...(dataDir && { dataDir }),
        resolve: names(address === null ? {} : { 'git.example.com': [[address]] }).resolve,
        dial,
      }),
    close: async () => {
      await Promise.all([pages.close(), host.close(), recorder.close(), rm(folder, { recursive: true, force: true })]);
    },
  };
}
