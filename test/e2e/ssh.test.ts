import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, metric } from '../support/ask.js';
import { GitHost } from '../support/git-host.js';
import { SshHost } from '../support/ssh-host.js';
import { startStack, type Stack } from '../support/stack.js';

const MODULE = 'example.com/private';

let pages: GitHost;
let host: SshHost;
/** Another one, whose key nobody knows. */
let stranger: SshHost;
/** One that does not accept our key. */
let closed: SshHost;
let folder: string;
let stack: Stack;
const said: string[] = [];

/** Asks for something, and keeps what is answered. */
async function get(path: string): Promise<{ readonly status: number; readonly text: string }> {
  const { status, text, headers } = await ask(`${stack.url}/${path}`);
  said.push(text, JSON.stringify([...headers]));
  return { status, text };
}

beforeAll(async () => {
  [pages, host, stranger, closed] = await Promise.all([
    GitHost.start(),
    SshHost.start(),
    SshHost.start(),
    SshHost.start(),
  ]);
  await host.createRepo('team/private.git', [
    { files: { 'go.mod': `module ${MODULE}\n`, 'a.go': 'package private\n' }, tags: ['v1.0.0'] },
  ]);
  pages.createVanity(MODULE, `ssh://git@127.0.0.1:${host.port}/team/private.git`);
  pages.createVanity('example.com/strange', `ssh://git@127.0.0.1:${stranger.port}/team/private.git`);
  pages.createVanity('example.com/closed', `ssh://git@127.0.0.1:${closed.port}/team/private.git`);
  pages.createVanity('example.com/inner', `ssh://git@127.0.0.2:${host.port}/team/private.git`);
  folder = await mkdtemp(join(tmpdir(), 'ssh-files-'));
  const [key, known] = [join(folder, 'key'), join(folder, 'known_hosts')];
  await writeFile(key, host.userKeys.private);
  const hosts = [host, closed].map(({ port, hostKeys }) => `[127.0.0.1]:${port} ${hostKeys.public}\n`);
  await writeFile(known, hosts.join(''));
  stack = await startStack({
    env: {
      GOPROXY: 'direct',
      STOA_GO_ENV: pages.goEnvSetting,
      STOA_SSH_KEY_FILE: key,
      STOA_SSH_KNOWN_HOSTS_FILE: known,
      STOA_ALLOW_PRIVATE_ADDRESSES: 'example.com,127.0.0.1',
    },
  });
});
afterAll(async () => {
  await stack?.close();
  await Promise.all([pages?.close(), host?.close(), stranger?.close(), closed?.close()]);
  await rm(folder, { recursive: true, force: true });
});

it('clients get a module whose repository is behind ssh', async () => {
  expect(await get(`${MODULE}/@v/list`)).toEqual({ status: 200, text: 'v1.0.0\n' });
  expect(JSON.parse((await get(`${MODULE}/@v/v1.0.0.info`)).text)).toMatchObject({ Version: 'v1.0.0' });
  expect(await get(`${MODULE}/@v/v1.0.0.mod`)).toEqual({ status: 200, text: `module ${MODULE}\n` });
  const zip = await get(`${MODULE}/@v/v1.0.0.zip`);
  expect([zip.status, zip.text]).toEqual([200, expect.stringContaining(`${MODULE}@v1.0.0/a.go`)]);
  expect(host.asked).toContain("git-upload-pack '/team/private.git'");
});

it('clients are told that a host is not known, and nothing is asked of it', async () => {
  expect(await get('example.com/strange/@v/list')).toEqual({
    status: 502,
    text: expect.stringMatching(/^\S.*: example\.com\/strange: the ssh host key is not known\n?$/) as string,
  });
  expect(new Set(stranger.asked)).toEqual(new Set(['connection']));
});

it('clients are told that the key is not accepted, and the worker warns its operators', async () => {
  expect(await get('example.com/closed/@v/list')).toEqual({
    status: 502,
    text: expect.stringMatching(/^\S.*: example\.com\/closed: the ssh host accepts no key of the worker\n?$/) as string,
  });
  const warning = {
    msg: 'go command failed',
    level: 'warn',
    cause: 'credentials',
    text: expect.stringContaining('git@127.0.0.1: Permission denied (publickey)') as string,
  };
  await expect.poll(() => stack.workers[0]?.log).toContainEqual(expect.objectContaining(warning));
});

it('clients are told that ssh may not lead inside, where nobody is asked', async () => {
  const before = host.asked.length;
  const answer = await get('example.com/inner/@v/list');
  expect([answer.status, answer.text.trim()]).toEqual([403, 'forbidden: example.com/inner: address not allowed']);
  expect(host.asked).toHaveLength(before);
  const { ops = '' } = stack.workers[0] ?? {};
  expect(await metric(ops, 'stoa_egress_refused_total', { range: 'loopback' })).toBe(1);
});

it('the key is in no answer and no log, nor is the place where it lies', () => {
  const logs = [...stack.gateways, ...stack.workers].flatMap(({ log }) => log.map((line) => JSON.stringify(line)));
  expect(logs.join('\n')).toContain('Host key verification failed');
  const all = [...said, ...logs].join('\n');
  for (const line of host.userKeys.private.trim().split('\n')) expect(all).not.toContain(line);
  expect(all).not.toContain(join(folder, 'key'));
  expect(all).not.toContain('.ssh/key');
});

it('a file that is no key stops the start', async () => {
  const key = join(folder, 'nonsense');
  await writeFile(key, 'not a key');
  const start = stack.addWorker({ STOA_SSH_KEY_FILE: key, STOA_DATA_DIR: join(folder, 'data') });
  await expect(start).rejects.toThrow('STOA_SSH_KEY_FILE is no private key without a passphrase');
});
