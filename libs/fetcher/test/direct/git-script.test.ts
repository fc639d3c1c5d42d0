import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { GitHost } from '../../../../test/support/git-host.js';
import { fixtureGitEnv, GitRepository } from '../../../../test/support/git-repository.js';
import { GIT_SCRIPT } from '../../src/direct/git-script.js';
import { setUpDirect } from './direct-setup.js';

const run = promisify(execFile);

/** As the go command asks for the files of a version. */
const ASKED = ['-c', 'core.autocrlf=input', '-c', 'core.eol=lf', 'archive', '--format=zip', '--prefix=prefix/'];
const STORED = 0;
const DEFLATED = 8;
const LINE = 'x'.repeat(1000);
const MIB = 'x'.repeat(1024 * 1024);

let folder: string;
let repository: GitRepository;
let small: string;
let large: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'git-script-'));
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin', 'git'), GIT_SCRIPT);
  await chmod(join(folder, 'bin', 'git'), 0o700);
  repository = await GitRepository.create(join(folder, 'repo.git'));
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`big/${index}.txt`, MIB]));
  [small = '', large = ''] = await repository.push({ files: { 'a b.txt': LINE, 'sub/c.txt': 'c' } }, { files: many });
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Runs the script in the repository; what it prints. */
async function git(args: readonly string[], path = process.env['PATH']): Promise<Buffer> {
  const env = { ...fixtureGitEnv(), PATH: `${join(folder, 'bin')}:${path}` };
  const options = { cwd: repository.folder, env, encoding: 'buffer', maxBuffer: 128 * 1024 * 1024 } as const;
  return (await run(join(folder, 'bin', 'git'), args, options)).stdout;
}

/** The method of the first file in an archive (APPNOTE 4.4.5); folders, which have none, come before it. */
function methodOf(archive: Buffer): number {
  for (let at = archive.indexOf('PK\u0001\u0002'); at >= 0; at = archive.indexOf('PK\u0001\u0002', at + 4)) {
    if (archive.readUInt32LE(at + 24) > 0) return archive.readUInt16LE(at + 10);
  }
  throw new Error('no file in the archive');
}

it('an archive of few bytes is stored, and holds the same files', async () => {
  const archive = await git([...ASKED, small]);
  expect(methodOf(archive)).toBe(STORED);
  for (const part of ['prefix/a b.txt', 'prefix/sub/c.txt', LINE]) expect(archive.includes(part)).toBe(true);
});

it('one of more bytes than may be in memory is compressed', async () => {
  expect(methodOf(await git([...ASKED, large]))).toBe(DEFLATED);
});

it('only the folder that is asked for counts', async () => {
  expect(methodOf(await git([...ASKED, large, '--', 'sub']))).toBe(STORED);
  expect(methodOf(await git([...ASKED, large, '--', 'big']))).toBe(DEFLATED);
});

it('without awk, which tells the sum, it is compressed', async () => {
  const tools = join(folder, 'tools');
  await mkdir(tools);
  const { stdout } = await run('sh', ['-c', 'command -v git']);
  await symlink(stdout.trim(), join(tools, 'git'));
  expect(methodOf(await git([...ASKED, small], tools))).toBe(DEFLATED);
});

it('a commit that is not there fails as git fails', async () => {
  await expect(git([...ASKED, '0'.repeat(40)])).rejects.toMatchObject({ code: 128 });
});

it('all other commands reach git as they are', async () => {
  await git(['config', 'stoa.words', 'two  words * $HOME']);
  expect((await git(['config', 'stoa.words'])).toString()).toBe('two  words * $HOME\n');
  expect(methodOf(await git(['archive', '--format=zip', small]))).toBe(DEFLATED);
});

it('removes no tag of a repository around a folder that is none', async () => {
  const around = join(folder, 'around');
  const [init, commit] = [
    ['init', '-q', around],
    ['-c', 'user.name=g', '-c', 'user.email=g@example.com', 'commit', '-q', '--allow-empty', '-m', 'one'],
  ];
  await run('git', init, { env: fixtureGitEnv() });
  const inner = join(around, 'inner');
  await mkdir(inner);
  for (const args of [commit, ['tag', 'v1.0.0'], ['remote', 'add', 'origin', repository.folder]]) {
    await run('git', args, { cwd: around, env: fixtureGitEnv() });
  }
  const env = { ...fixtureGitEnv(), PATH: `${join(folder, 'bin')}:${process.env['PATH']}` };
  const { stdout } = await run(join(folder, 'bin', 'git'), ['ls-remote', '-q', 'origin'], { cwd: inner, env });
  expect(stdout).toContain('refs/heads/main');
  expect((await run('git', ['tag'], { cwd: around, env: fixtureGitEnv() })).stdout).toBe('v1.0.0\n');
});

it('the go command asks for archives in the words that the script knows', async () => {
  const host = await GitHost.start();
  await host.createRepo('example.com/mod', [{ files: { 'go.mod': 'module example.com/mod\n' }, tags: ['v1.0.0'] }]);
  const trace = join(folder, 'trace');
  const setup = await setUpDirect(host, { extra: { GIT_TRACE2_EVENT: trace } });
  await setup.fetcher.zip({ module: 'example.com/mod', version: 'v1.0.0' }, await setup.context());
  await Promise.all([setup.close(), host.close()]);
  const started = (await readFile(trace, 'utf8'))
    .split('\n')
    .filter((line) => line.includes('"event":"start"') && line.includes('"archive"'));
  expect(started).toHaveLength(1);
  expect(started[0]).toContain('"-0"');
});
