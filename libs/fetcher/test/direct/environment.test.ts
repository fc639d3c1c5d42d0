import { describe, expect, it } from 'vitest';

import { buildEnvironment, gitProtocols, goFolders } from '../../src/direct/environment.js';
import { goConfig } from './direct-setup.js';

const folders = goFolders('/data');
const PROXY = { HTTP_PROXY: 'http://go:s@127.0.0.1:1', http_proxy: 'http://git:s@127.0.0.1:1', NO_PROXY: '' };

describe('the environment of the go command', () => {
  it('has nothing of ours but what passes', () => {
    const env = buildEnvironment(goConfig({}, { inherited: { PATH: '/bin', SSL_CERT_DIR: '/c' } }), folders, PROXY);
    expect(env).toMatchObject({
      PATH: '/data/go/bin:/bin',
      SSL_CERT_DIR: '/c',
      HOME: '/data/go/home',
      GOPROXY: 'direct',
      GOSUMDB: 'off',
      GOTOOLCHAIN: 'local',
      CGO_ENABLED: '0',
    });
    expect(
      Object.keys(env).filter(
        (name) =>
          !/^(GO|GIT_|GCM_|SSH_|SSL_CERT_DIR$|PATH$|HOME$|HTTP_PROXY$|http_proxy$|NO_PROXY$|CGO_ENABLED$|LC_ALL$)/.test(
            name,
          ),
      ),
    ).toEqual([]);
  });

  it('has its git first on the PATH, and no PATH where there is none', () => {
    expect(buildEnvironment(goConfig({ PATH: '/mine' }), folders, PROXY)['PATH']).toBe('/data/go/bin:/mine');
    // A script that takes itself off a PATH of one folder would find itself again.
    expect(buildEnvironment(goConfig({}, { inherited: {} }), folders, PROXY)).not.toHaveProperty('PATH');
  });

  it('lets STOA_GO_ENV win where it may', () => {
    const extra = {
      GOTOOLCHAIN: 'auto',
      GOPRIVATE: 'a.com',
      GOVCS: 'public:off',
      GOINSECURE: 'b.com',
    };
    expect(buildEnvironment(goConfig(extra, { GOPRIVATE: 'c.com' }), folders, PROXY)).toMatchObject(extra);
  });

  it('keeps what it can not do without', () => {
    const extra = {
      HOME: '/root',
      GOMODCACHE: '/x',
      GOPATH: '/x',
      GO111MODULE: 'off',
      GOPROXY: 'https://proxy.example.com',
      GOSUMDB: 'sum.example.com',
      GOWORK: '/x/go.work',
      GOENV: '/x/env',
      GIT_TERMINAL_PROMPT: '1',
      GIT_ASKPASS: '/usr/bin/ask',
      SSH_ASKPASS_REQUIRE: 'force',
      GCM_INTERACTIVE: 'always',
      GIT_CONFIG_NOSYSTEM: '0',
      GIT_ATTR_NOSYSTEM: '0',
    };
    const env = buildEnvironment(goConfig(extra), folders, PROXY);
    for (const [name, value] of Object.entries(extra)) expect(env[name]).not.toBe(value);
  });

  it('keeps extracted modules removable, whatever other flags are wanted', () => {
    expect(buildEnvironment(goConfig({ GOFLAGS: '-insecure -modcacherw=false' }), folders, PROXY)['GOFLAGS']).toBe(
      '-insecure -modcacherw=false -modcacherw',
    );
  });

  it('uses git alone unless told otherwise', () => {
    expect(buildEnvironment(goConfig({}), folders, PROXY)['GOVCS']).toBe('*:git');
    expect(buildEnvironment(goConfig({}, { GOVCS: 'private:all' }), folders, PROXY)['GOVCS']).toBe('private:all');
    expect(buildEnvironment(goConfig({ GOVCS: '' }), folders, PROXY)['GOVCS']).toBe('*:git');
  });

  it('leads through the forward proxy, whatever else is set', () => {
    const extra = { HTTP_PROXY: 'http://p', http_proxy: 'http://p', NO_PROXY: '*' };
    expect(buildEnvironment(goConfig(extra, { inherited: extra }), folders, PROXY)).toMatchObject(PROXY);
  });

  it('has ssh read no configuration but its own, unless told otherwise', () => {
    expect(buildEnvironment(goConfig({}), folders, PROXY)['GIT_SSH_COMMAND']).toBe('ssh -F "$HOME/.ssh/config"');
    const extra = { GIT_SSH_COMMAND: 'ssh -v' };
    expect(buildEnvironment(goConfig(extra), folders, PROXY)).toMatchObject(extra);
  });
});

describe('git speaks', () => {
  it.each([
    ['https alone', {}, {}, ['https']],
    ['ssh with a key', { sshKeyFile: '/key' }, {}, ['https', 'ssh']],
    ['ssh with known hosts, which may let in anybody', { sshKnownHostsFile: '/hosts' }, {}, ['https', 'ssh']],
    ['ssh with an agent', {}, { inherited: { SSH_AUTH_SOCK: '/agent' } }, ['https', 'ssh']],
    ['ssh with a command of its own', {}, { extra: { GIT_SSH_COMMAND: 'ssh -F /config' } }, ['https', 'ssh']],
    ['http where GOINSECURE has a module', {}, { GOINSECURE: 'example.com' }, ['https', 'http']],
  ])('%s', (_what, vcs, changes, protocols) => {
    expect(gitProtocols(vcs, buildEnvironment(goConfig({}, changes), folders, PROXY))).toEqual(protocols);
  });
});
