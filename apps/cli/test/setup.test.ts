import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SETUP = fileURLToPath(new URL('../../../bin/setup', import.meta.url));

/** What bin/setup takes from the system, besides what the fakes stand for. */
const SYSTEM = 'sh cat chmod cksum dirname env find flock head id ls mkdir mv rm sed sleep tail uname'.split(' ');

/** Stands for npm: it notes the call and installs a Node 24 and a nest that does the same. */
const NPM = `
echo npm >>"$CALLS"
mkdir -p node_modules/.bin node_modules/node-fake/bin
printf '#!/bin/sh\\necho v24.99.0\\n' >node_modules/node-fake/bin/node
printf '#!/bin/sh\\necho nest >>"$CALLS"\\n' >node_modules/.bin/nest
chmod 755 node_modules/node-fake/bin/node node_modules/.bin/nest
echo {} >node_modules/.package-lock.json
`;

const GO = 'echo "go $*" >>"$CALLS"; mkdir -p "$GOBIN"; echo half >"$GOBIN/minio"; chmod 755 "$GOBIN/minio"';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('bin/setup', () => {
  let folder: string;
  let checkout: string;
  let bin: string;

  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'stoa-setup-')));
    checkout = join(folder, 'checkout');
    bin = join(folder, 'bin');
    for (const made of ['bin', 'checkout/bin', 'checkout/apps', 'checkout/libs'])
      await mkdir(join(folder, made), { recursive: true });
    await copyFile(SETUP, join(checkout, 'bin/setup'));
    for (const name of ['package.json', 'package-lock.json', 'tsconfig.json', 'nest-cli.json'])
      await writeFile(join(checkout, name), '{}');
    for (const name of SYSTEM) await linkSystem(name);
    for (const [name, script] of Object.entries({ npm: NPM, go: GO, git: '', ssh: '', 'redis-server': '' }))
      await fake(name, script);
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function linkSystem(name: string): Promise<void> {
    for (const from of ['/bin', '/usr/bin']) {
      const path = await realpath(join(from, name)).catch(() => null);
      if (path !== null) return symlink(join(from, name), join(bin, name));
    }
  }

  async function fake(name: string, script: string): Promise<void> {
    await rm(join(bin, name), { force: true });
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  function launch(words: string[], env: Record<string, string> = {}): ChildProcess {
    return spawn(join(bin, 'sh'), [join(checkout, 'bin/setup'), ...words], {
      cwd: folder,
      env: { PATH: bin, HOME: folder, CALLS: join(folder, 'calls'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async function setup(words: string[], env?: Record<string, string>): Promise<Ended> {
    return outcome(launch(words, env));
  }

  async function calls(): Promise<string[]> {
    const text = await readFile(join(folder, 'calls'), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }

  it('makes a fresh clone ready, says what it does, and becomes the command with Node 24 on its PATH', async () => {
    const { code, stdout, stderr } = await setup([
      'start',
      'sh',
      '-c',
      'node --version; echo "$0 $1"; exit 7',
      'one two',
      'three',
    ]);
    expect(code).toBe(7);
    expect(stdout).toBe('v24.99.0\none two three\n');
    expect(stderr).toBe('stoa: installing packages (npm ci)\nstoa: building (nest build)\n');
    expect(await calls()).toEqual(['npm', 'nest']);
  });

  it('does and says nothing the second time', async () => {
    await setup(['start']);
    expect(await setup(['start'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await calls()).toEqual(['npm', 'nest']);
  });

  it('installs again when the lock file changed, also to an older state', async () => {
    await setup(['tools']);
    await writeFile(join(checkout, 'package-lock.json'), '{"other":true}');
    await setup(['tools']);
    await setup(['tools']);
    expect(await calls()).toEqual(['npm', 'npm']);
  });

  it('builds again when a source changed, was added or was removed, but not for a test', async () => {
    const source = join(checkout, 'libs/room/src');
    await mkdir(join(checkout, 'libs/room/test'), { recursive: true });
    await mkdir(source);
    await setup(['build']);
    await writeFile(join(checkout, 'libs/room/test/a.test.ts'), '');
    await setup(['build']);
    expect(await calls()).toEqual(['npm', 'nest']);
    for (const change of [() => writeFile(join(source, 'a.ts'), ''), () => rm(join(source, 'a.ts'))]) {
      await change();
      await setup(['build']);
    }
    expect(await calls()).toEqual(['npm', 'nest', 'nest', 'nest']);
  });

  it('says what failed, why, and what to do about it', async () => {
    await fake('npm', 'echo "npm error network is unreachable" >&2; exit 1');
    const { code, stderr } = await setup(['start', 'sh', '-c', 'echo never']);
    expect(code).toBe(1);
    expect(stderr.split('\n')).toEqual([
      'stoa: installing packages (npm ci)',
      '  npm error network is unreachable',
      expect.stringMatching(/^stoa: npm ci failed: .*registry/),
      '',
    ]);
  });

  it('builds again after a build that failed', async () => {
    await fake('npm', NPM.replace('echo nest', 'echo "error TS1: no"; exit 1; echo nest'));
    const { code, stderr } = await setup(['build']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/error TS1: no\nstoa: the build failed\n$/);
    await writeFile(join(checkout, 'node_modules/.bin/nest'), '#!/bin/sh\necho nest >>"$CALLS"\n');
    expect((await setup(['build'])).code).toBe(0);
    expect(await calls()).toEqual(['npm', 'nest']);
  });

  it('says in one line how to get a Redis that it may not install, unless the user has one elsewhere', async () => {
    await rm(join(bin, 'redis-server'));
    const { code, stderr } = await setup(['start']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^stoa: redis-server is missing: .*apt-get install redis-server.*STOA_REDIS_URL$/m);
    expect((await setup(['start'], { STOA_REDIS_URL: 'redis://elsewhere' })).code).toBe(0);
    await fake('valkey-server', '');
    expect((await setup(['start'])).code).toBe(0);
  });

  it('installs redis-server with apt-get as root, even when the lists can not be brought up to date', async () => {
    await rm(join(bin, 'redis-server'));
    await fake('id', 'echo 0');
    await fake(
      'apt-get',
      `echo "$1" >>"$CALLS"; [ "$1" = install ] || exit 100; printf '#!/bin/sh\\n' >${bin}/redis-server; chmod 755 ${bin}/redis-server`,
    );
    const { code, stderr } = await setup(['start']);
    expect(code).toBe(0);
    expect(stderr).toContain('stoa: installing redis-server (apt-get); no service is started\n');
    expect(await calls()).toEqual(['npm', 'nest', 'update', 'install']);
  });

  it('installs the ssh of the tests in the same way, and says in one line how to get it where it may not', async () => {
    await rm(join(bin, 'ssh'));
    expect((await setup(['test'])).stderr).toMatch(/^stoa: ssh is missing: .*apt-get install openssh-client.*$/m);
    await fake('id', 'echo 0');
    await fake('apt-get', `[ "$1" = update ] || { printf '#!/bin/sh\\n' >${bin}/ssh; chmod 755 ${bin}/ssh; }`);
    const { code, stderr } = await setup(['test']);
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('stoa: installing openssh-client (apt-get); no service is started\n'),
    ]);
  });

  it('names what the tests need', async () => {
    await rm(join(bin, 'git'));
    expect((await setup(['test'])).stderr).toContain('stoa: git is missing, the tests need it: install git\n');
    await rm(join(bin, 'go'));
    expect((await setup(['test'])).stderr).toContain(
      'stoa: go is missing, the tests need it: install Go 1.24 or newer\n',
    );
  });

  it('builds MinIO once for all checkouts, whole or not at all', async () => {
    const minio = join(folder, 'cache/stoa/minio/v0.0.0-20260212201848-7aac2a2c5b7c/minio');
    await fake('go', `${GO}; kill -9 $$`);
    expect((await setup(['test'], { XDG_CACHE_HOME: join(folder, 'cache') })).stderr).toMatch(
      /stoa: MinIO could not be built: .*\n$/,
    );
    await expect(readFile(minio)).rejects.toThrow('ENOENT');

    await fake('go', GO.replace('half', 'whole'));
    for (let time = 0; time < 2; time++) {
      const { stdout } = await setup(['test', 'sh', '-c', 'echo "$STOA_TEST_MINIO"'], {
        XDG_CACHE_HOME: join(folder, 'cache'),
      });
      expect(stdout).toBe(`${minio}\n`);
    }
    expect(await readFile(minio, 'utf8')).toBe('whole\n');
    expect((await calls()).filter((call) => call.startsWith('go install github.com/minio/minio@'))).toHaveLength(2);
  });

  it('does each step once when two run at the same time', async () => {
    await fake('npm', `while [ ! -e ${folder}/second ]; do sleep 0.01; done\n${NPM}`);
    const first = launch(['build']);
    await once(first.stderr!, 'data');
    const firstOutcome = outcome(first);
    const second = launch(['build', 'sh', '-c', 'node --version']);
    const secondOutcome = outcome(second);
    const [waiting]: unknown[] = await once(second.stderr!, 'data');
    expect(String(waiting)).toBe('stoa: waiting for another set-up to finish\n');
    await writeFile(join(folder, 'second'), '');
    expect((await firstOutcome).code).toBe(0);
    expect(await secondOutcome).toMatchObject({ code: 0, stdout: 'v24.99.0\n' });
    expect(await calls()).toEqual(['npm', 'nest']);
  });

  it('stops at a signal, with what it runs, and heals the next time', async () => {
    await fake('npm', `echo $$ >>"$CALLS"; exec sleep 600`);
    const child = launch(['start', 'sh', '-c', 'echo never']);
    await once(child.stderr!, 'data');
    await expect.poll(calls).toHaveLength(1);
    child.kill('SIGTERM');
    expect(await outcome(child)).toEqual({ code: 143, stdout: '', stderr: 'stoa: set-up stopped\n' });
    const [npm = ''] = await calls();
    expect(() => process.kill(Number(npm), 0)).toThrow('ESRCH');

    await fake('npm', NPM);
    expect((await setup(['start'])).code).toBe(0);
    expect(await calls()).toEqual([npm, 'npm', 'nest']);
  });

  it('says how it is used', async () => {
    expect(await setup(['stat'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'stoa: usage: sh bin/setup tools|build|start|test|bench [command...]\n',
    });
    await chmod(join(checkout, 'bin/setup'), 0o644);
    expect((await setup(['tools'])).code).toBe(0);
  });
});

async function outcome(child: ChildProcess): Promise<Ended> {
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.on('data', (chunk: Buffer) => (text[name] += chunk.toString()));
  await once(child, 'close');
  return { code: child.exitCode, ...text };
}
