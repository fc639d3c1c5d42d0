import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { GoConfig, VcsCredentials } from '#libs/config';
import { GitHost } from '../../../../test/support/git-host.js';
import { type DirectSetup, setUpDirect } from './direct-setup.js';

const TOKEN = 'glpat-0123456789abcdef0123';
const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

let host: GitHost;
let folder: string;
let direct: DirectSetup;

/** Writes a file below the folder and gives its path. */
async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function fetchMod(module: string, vcs: VcsCredentials, go: Partial<GoConfig> = {}): Promise<string> {
  direct = await setUpDirect(host, { vcs, go });
  const version = { module, version: 'v1.0.0' };
  return (await direct.fetcher.mod(version, await direct.context())).bytes.toString();
}

beforeAll(async () => {
  host = await GitHost.start({ tls: true });
  folder = await mkdtemp(join(tmpdir(), 'tokens-'));
  const modules = ['gitlab.example.com/group/team/mod', 'gitea.example.com/team/mod', 'auth.example.com/mod'];
  for (const module of modules) {
    await host.createRepo(module, [{ files: { 'go.mod': `module ${module}\n` }, tags: ['v1.0.0'] }]);
  }
});
afterEach(async () => {
  expect(direct.log.join('\n')).not.toContain(TOKEN);
  await direct.close();
});
afterAll(async () => {
  await Promise.all([host.close(), rm(folder, { recursive: true, force: true })]);
});

describe('a token in a netrc file', () => {
  it('opens a repository of GitLab, and the page that says where it is', async () => {
    const module = 'gitlab.example.com/group/team/mod';
    host.requireLogin(module, 'oauth2', TOKEN);
    host.requireLoginForPage(module, basic('oauth2', TOKEN));
    const netrcFile = await file('gitlab', `machine gitlab.example.com login oauth2 password ${TOKEN}\n`);
    expect(await fetchMod(module, { netrcFile })).toBe(`module ${module}\n`);
  });

  it('opens a repository of Gitea, as a login too', async () => {
    const module = 'gitea.example.com/team/mod';
    host.requireLogin(module, TOKEN, 'x-oauth-basic');
    const netrcFile = await file('gitea', `machine gitea.example.com login ${TOKEN} password x-oauth-basic\n`);
    expect(await fetchMod(module, { netrcFile })).toBe(`module ${module}\n`);
  });

  it('goes to no other host', async () => {
    const module = 'gitea.example.com/team/mod';
    host.requireLogin(module, 'robot', TOKEN);
    const netrcFile = await file('other', `machine gitlab.example.com login robot password ${TOKEN}\n`);
    await expect(fetchMod(module, { netrcFile })).rejects.toMatchObject({ kind: 'not-found' });
  });
});

describe('GOAUTH', () => {
  const module = 'auth.example.com/mod';

  it('may name a command that says what opens a page', async () => {
    host.requireLoginForPage(module, `Bearer ${TOKEN}`);
    const secret = await file('secret', `https://auth.example.com/\n\nAuthorization: Bearer ${TOKEN}\n\n`);
    const GOAUTH = `/bin/cat ${secret}`;
    expect(await fetchMod(module, {}, { GOAUTH })).toBe(`module ${module}\n`);
  });

  it('may have git say it, of its credential helpers', async () => {
    host.requireLoginForPage(module, basic('robot', TOKEN));
    const store = await file('store', `https://robot:${TOKEN}@auth.example.com\n`);
    const gitConfigFile = await file('config', `[credential]\n\thelper = store --file ${store}\n`);
    expect(await fetchMod(module, { gitConfigFile }, { GOAUTH: `git ${folder}` })).toBe(`module ${module}\n`);
  });

  it('off gives nothing to a page, whatever a netrc file has', async () => {
    host.requireLoginForPage(module, basic('robot', TOKEN));
    const netrcFile = await file('auth', `machine auth.example.com login robot password ${TOKEN}\n`);
    await expect(fetchMod(module, { netrcFile }, { GOAUTH: 'off' })).rejects.toMatchObject({ kind: 'not-found' });
    await direct.close();
    expect(await fetchMod(module, { netrcFile }, { GOAUTH: 'netrc' })).toBe(`module ${module}\n`);
  });
});
