import { randomBytes } from 'node:crypto';
import { moduleZip } from '../support/module-zip.js';
import { hang, redirect, status, type FakeUpstream } from '../support/upstream.js';

const TIME = '2024-01-02T03:04:05Z';
const MOD = 'module example.com/Mod\n\n// byte for byte \n';

/** The commit behind `main` of example.com/Mod, and the pseudo-versions of it. */
export const COMMIT = 'abcdef123456abcdef123456abcdef123456abcd';
export const PSEUDO = 'v1.1.1-0.20240102030405-abcdef123456';
export const FIRST_PSEUDO = 'v0.0.0-20240102030405-abcdef123456';

/** The files of example.com/Mod@v1.0.0. */
export const STORED = {
  mod: MOD,
  info: JSON.stringify({ Version: 'v1.0.0', Time: TIME, Origin: { VCS: 'git', URL: 'https://example.com/Mod' } }),
  zip: moduleZip({ module: 'example.com/Mod', version: 'v1.0.0' }, { 'go.mod': MOD, 'a.go': 'package a\n' }),
};

export const TOOLCHAIN = 'v0.0.1-go1.99.1.linux-amd64';
const TOOLCHAINS = Array.from({ length: 2500 }, (_, index) => `v0.0.1-go1.${100 + index}.0.linux-amd64`);
/** More than the memory tier keeps and more than one read gives: it must be streamed. */
export const TOOLCHAIN_ZIP = moduleZip(
  { module: 'golang.org/toolchain', version: TOOLCHAIN },
  { VERSION: 'go1.99.1\n', 'pkg/tool/blob': randomBytes(5_000_000), 'src/_go.mod': 'module std\n' },
);
export const TOOLCHAIN_LIST = [TOOLCHAIN, ...TOOLCHAINS].map((version) => `${version}\n`).join('');

/** Texts that our upstream and our own parts could tell, and no answer may. */
export const SECRETS = ['hunter2', '10.11.12.13', '/srv/gopath', '/tmp/', 'node_modules'];

const LEAK =
  'git ls-remote https://user:hunter2@git.example.com/x in /srv/gopath/pkg/mod/cache/vcs/0123: exit status 128: ' +
  'dial tcp: lookup git.example.com on 10.11.12.13:53: no such host\n\tsecond line';

/** Fills the upstream with all that the rows ask for. */
export function fillUpstream(upstream: FakeUpstream): void {
  upstream
    .add('example.com/Mod', 'v1.0.0', { mod: MOD, info: STORED.info, zip: STORED.zip })
    .add('example.com/Mod', 'v1.1.0')
    .add('example.com/Mod', 'v1.2.0-RC1')
    .add('example.com/Mod', PSEUDO)
    .addList('example.com/Mod', [
      'v1.1.0',
      'v1.0.0',
      'v1.2.0-RC1',
      ' v1.1.0 ',
      '',
      'v2.0.0',
      'v1.5',
      'v1.4.0+meta',
      'junk',
      PSEUDO,
    ])
    .addLatest('example.com/Mod', null)
    .add('example.com/Mod/v2', 'v2.0.0')
    .addList('example.com/Mod/v2', ['v2.0.0', 'v1.0.0', 'v3.0.0'])
    .add('example.com/old', 'v2.0.0+incompatible')
    .add('gopkg.in/yaml.v2', 'v2.4.0')
    .add('example.com/untagged', FIRST_PSEUDO)
    .addLatest('example.com/nothing', null)
    .addList('example.com/nothing', '')
    .add('example.com/half', 'v1.0.0')
    .add('example.com/half', 'v1.1.0')
    .add('example.com/never', 'v1.0.0')
    .add('golang.org/toolchain', TOOLCHAIN, { mod: 'module golang.org/toolchain\n', zip: TOOLCHAIN_ZIP })
    .addList('golang.org/toolchain', TOOLCHAIN_LIST)
    .add('a.b/c', 'v1.0.0');
  for (const query of ['main', 'HEAD', 'abcdef1', COMMIT, 'v1.1.0+meta', 'Feature_X']) {
    upstream.addRevision('example.com/Mod', query, { Version: PSEUDO, Time: TIME });
  }
  for (const code of [401, 403, 404, 410, 429, 451, 500, 503]) {
    upstream.respond(`/example.com/s${code}/`, status(code, `the upstream says ${code}`));
  }
  upstream
    .respond('/example.com/hangs/', hang())
    .respond('/example.com/moves/', redirect('/example.com/moves/@v/list'))
    .respond('/example.com/tells/', status(404, `not found: ${LEAK}`))
    .respond('/example.com/forbids/', status(403, LEAK))
    .respond('/example.com/long/', status(404, `\u00e9${'x\u00e9'.repeat(3000)}\n`))
    .respond('/example.com/dirty/', status(404, Buffer.from('a\u001b[31m\u202e\u0000\ufffe b').toString()))
    .respond('/example.com/page/', status(200, '<!doctype html>', 'text/html'));
}

/** What the stack is asked before the rows run: so much is stored then, and no more. */
export const STORED_BEFORE = [
  ...['@v/list', '@latest', '@v/v1.0.0.info', '@v/v1.0.0.mod', '@v/v1.0.0.zip', '@v/main.info'].map(
    (file) => `/example.com/!mod/${file}`,
  ),
  '/example.com/half/@v/v1.0.0.info',
  '/example.com/nothing/@v/list',
];
