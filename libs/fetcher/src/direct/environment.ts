import { join } from 'node:path';

import type { GoConfig, VcsCredentials } from '#libs/config';
import { SSH_COMMAND } from './ssh-config.js';

/** What the go command has to itself below the data folder. Paths are absolute. */
export interface GoFolders {
  /** HOME: credentials and git's settings, for its owner alone. */
  readonly home: string;
  /** First on its PATH: the git of git-script.ts. */
  readonly bin: string;
  readonly gopath: string;
  /** GOMODCACHE of commands that fetch nothing; in its `cache/vcs` are the kept repositories, which all others share. */
  readonly modules: string;
  /** The kept repositories. */
  readonly vcs: string;
  /** Module caches of single queries. */
  readonly jobs: string;
  readonly cache: string;
  /** Working directory: empty, outside any module, so that no go.mod or go.work applies. */
  readonly empty: string;
}

/** Names the go command's folders below the data folder. */
export function goFolders(dataDir: string): GoFolders {
  const root = join(dataDir, 'go');
  return {
    home: join(root, 'home'),
    bin: join(root, 'bin'),
    gopath: join(root, 'path'),
    modules: join(root, 'mod'),
    vcs: join(root, 'mod', 'cache', 'vcs'),
    jobs: join(root, 'jobs'),
    cache: join(root, 'cache'),
    empty: join(root, 'empty'),
  };
}

/**
 * Builds the whole environment of the go command (and of git under it): nothing is inherited but GoConfig.inherited.
 * STOA_GO_ENV wins over our choices, but not over what decides where files go, which source is asked and that nobody
 * waits for an answer from a terminal. Nor over the way out: `proxy` leads through the forward proxy, which knows the
 * proxy of the settings.
 */
export function buildEnvironment(
  go: GoConfig,
  folders: GoFolders,
  proxy: Readonly<Record<string, string>>,
): Record<string, string> {
  const path = go.extra['PATH'] ?? go.inherited['PATH'];
  return {
    ...go.inherited,
    GOTOOLCHAIN: 'local',
    GOCACHE: folders.cache,
    // Not about sources here: GOVCS rules for `private` are about these modules.
    GOPRIVATE: go.GOPRIVATE,
    GOINSECURE: go.GOINSECURE,
    ...(go.GOAUTH ? { GOAUTH: go.GOAUTH } : {}),
    CGO_ENABLED: '0',
    LC_ALL: 'C',
    GIT_CONFIG_GLOBAL: join(folders.home, '.gitconfig'),
    GIT_SSH_COMMAND: SSH_COMMAND,
    ...go.extra,

    // Git alone, where STOA_GO_ENV empties it too: each of the others has run commands on its user's machine when a
    // hostile host asked for it.
    GOVCS: go.extra['GOVCS'] || go.GOVCS || '*:git',
    ...proxy,
    ...(path ? { PATH: `${folders.bin}:${path}` } : {}),
    HOME: folders.home,
    GOPATH: folders.gopath,
    GOMODCACHE: folders.modules,
    GO111MODULE: 'on',
    GOFLAGS: `${go.extra['GOFLAGS'] ?? ''} -modcacherw`.trim(),
    GOENV: 'off',
    GOWORK: 'off',
    GOPROXY: 'direct',
    GONOPROXY: '',
    // What is fetched is verified before it is stored, for every source alike: the go command asks nobody.
    GOSUMDB: 'off',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    SSH_ASKPASS_REQUIRE: 'never',
    GCM_INTERACTIVE: 'never',
  };
}

/**
 * The protocols that git may speak: plain http where GOINSECURE has a module, ssh where a setting is about it. Else no
 * host could let this worker in, and a page of anybody's would have it call any.
 */
export function gitProtocols(vcs: VcsCredentials, env: Readonly<Record<string, string>>): string[] {
  const ssh = vcs.sshKeyFile ?? vcs.sshKnownHostsFile ?? env['SSH_AUTH_SOCK'] ?? '';
  const hasSsh = ssh !== '' || env['GIT_SSH_COMMAND'] !== SSH_COMMAND;
  return ['https', ...(hasSsh ? ['ssh'] : []), ...(env['GOINSECURE'] ? ['http'] : [])];
}
