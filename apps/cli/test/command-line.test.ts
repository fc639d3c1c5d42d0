import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { environment } from '#libs/config';
import { writeFiles } from '../../../test/support/data-dir.js';

const STOA = fileURLToPath(new URL('../../../bin/stoa', import.meta.url));

async function stoa(
  words: string[],
  env: Record<string, string> = {},
  program = STOA,
): Promise<{ code: number | null; out: string; err: string }> {
  const { PATH = '', HOME = '' } = environment();
  const child = spawn(program, words, {
    cwd: '/',
    env: { PATH, HOME, GOPROXY: 'off', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, out, err };
}

describe('the command line', () => {
  it('says its version, from any folder and through a link to a link', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stoa-links-'));
    await symlink(STOA, join(folder, 'one'));
    await symlink('one', join(folder, 'two'));
    for (const word of ['version', '--version']) {
      expect(await stoa([word], {}, join(folder, 'two'))).toEqual({
        code: 0,
        out: expect.stringMatching(/^stoa \d+\.\d+\.\d+ \(Node v\d+\.\d+\.\d+\)\n$/),
        err: '',
      });
    }
    await rm(folder, { recursive: true });
  });

  it.each([[['serve']], [['api', '--port=1']], [['config', '--process', 'gateway']]])(
    'refuses %j in one line',
    async (words) => {
      const { code, err } = await stoa(words);
      expect(code).toBe(2);
      expect(err).toMatch(/^stoa: .+\n$/);
    },
  );

  it('prints the effective settings of an app with their sources, secrets masked', async () => {
    const { code, out } = await stoa(['config', '--process', 'worker'], {
      STOA_REDIS_URL: 'redis://:hidden@redis',
      STOA_MAX_WAITING: '7',
    });
    expect(code).toBe(0);
    expect(out).toMatch(/^STOA_MAX_WAITING=7\b.*environment$/m);
    expect(out).toMatch(/^STOA_OPS_LISTEN=127\.0\.0\.1:3002\b.*default$/m);
    expect(out).not.toContain('hidden');
  });

  it('warns of what has no effect beside the effective settings', async () => {
    const { code, out, err } = await stoa(['config'], { STOA_NO_SUCH: '1', STOA_DISK_CACHE: '1GiB' });
    expect(code).toBe(0);
    expect(out).toMatch(/^STOA_DISK_CACHE=1GiB\b.*environment$/m);
    expect(err.split('\n')).toEqual([
      'stoa: STOA_NO_SUCH is not a setting',
      expect.stringMatching(/^stoa: STOA_DISK_CACHE has no effect/),
      '',
    ]);
  });

  it.each([
    [['import', '']],
    [['import', 'file://elsewhere.example/cache']],
    [['import', 'http://127.0.0.1:1', '--list', '/']],
    [['export', '']],
    [['export', STOA]],
    [['export', '/tree', '--since', 'monday']],
    [['verify', '--since', 'monday']],
    [['verify', '--rate', '0']],
  ])('says in one line that it can not do %j', async (words) => {
    const folder = await mkdtemp(join(tmpdir(), 'stoa-refused-'));
    const { code, out, err } = await stoa(words, { STOA_DATA_DIR: folder });
    expect({ code, out, err }).toEqual({ code: 2, out: '', err: expect.stringMatching(/^stoa: .+\n$/) });
    await rm(folder, { recursive: true });
  });

  it('says in one line why the folder of an export can not be made', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stoa-unmade-'));
    const { code, err } = await stoa(['export', '/dev/null/tree'], { STOA_DATA_DIR: folder });
    expect({ code, err }).toEqual({ code: 1, err: "stoa: ENOTDIR: not a directory, mkdir '/dev/null/tree'\n" });
    const none = await stoa(['export', '/proc/tree'], { STOA_DATA_DIR: folder });
    expect(none).toEqual({ code: 1, out: '', err: "stoa: ENOENT: no such file or directory, mkdir '/proc/tree'\n" });
    await rm(folder, { recursive: true });
  });

  it.each(['start', 'api', 'worker', 'config'])(
    'prints one line for each fault of the settings: %s',
    async (command) => {
      const { code, out, err } = await stoa([command], { STOA_LISTEN: 'here', STOA_WAIT_TIMEOUT: 'long' });
      expect(code).toBe(1);
      expect(out).toBe('');
      expect(err.split('\n')).toEqual([
        expect.stringMatching(/^stoa: STOA_LISTEN: "here" /),
        expect.stringMatching(/^stoa: STOA_WAIT_TIMEOUT: "long" /),
        '',
      ]);
    },
  );

  it.each<[string, Record<string, string>, RegExp]>([
    ['worker', { STOA_NETRC_FILE: '/dev' }, /^stoa: STOA_NETRC_FILE: "\/dev" is a folder, not a file\n$/],
    ['worker', { SSL_CERT_FILE: '/dev/null' }, /^stoa: SSL_CERT_FILE: the file holds no certificate\n$/],
    ['worker', { GOSUMDB: 'sum.example' }, /^stoa: GOSUMDB: no key is known of sum\.example: .*\n$/],
    ['api', { STOA_FS_ROOT: '/dev/null/storage' }, /^stoa: .*ENOTDIR.*\/dev\/null\/storage.*\n$/],
    ['api', { STOA_FS_ROOT: '/proc/storage' }, /^stoa: .*ENOENT.*\/proc\/storage.*\n$/],
    ['worker', { STOA_DATA_DIR: '/proc/data' }, /^stoa: .*ENOENT.*\/proc\/data.*\n$/],
    ['worker', { STOA_DATA_DIR: '/dev/null/data' }, /^stoa: .*ENOTDIR.*\/dev\/null\/data.*\n$/],
    [
      'start',
      { STOA_DATA_DIR: '/dev/null/data' },
      /^stoa: the data dir \/dev\/null\/data can't be used .*STOA_DATA_DIR.*\n$/,
    ],
    [
      'api',
      {
        STOA_STORAGE: 's3',
        STOA_S3_ENDPOINT: 'http://127.0.0.1:1',
        STOA_S3_ACCESS_KEY: 'user',
        STOA_S3_SECRET_KEY: 'hidden',
      },
      /^stoa: the storage can not be reached \(.*ECONNREFUSED.*\)\n$/,
    ],
  ])('says in one line why it can not start: %s with %j', async (command, env, line) => {
    const { code, err } = await stoa([command], env);
    expect(err).toMatch(line);
    expect(code).toBe(1);
  });

  it('documents every setting', async () => {
    const { out } = await stoa(['config', '--markdown']);
    expect(out).toMatch(/^# Configuration\n/);
    expect(out).toContain('`STOA_LISTEN`');
  });

  it('ends without a word when nobody reads its answer any more', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stoa-unread-'));
    await writeFiles(folder, { 'source/example.com/a/@v/v1.0.0.zip': 'none' });
    // The reader has ended before there is anything to read.
    const command = `"$0" import "$1" --quiet | true`;
    const env = { STOA_DATA_DIR: join(folder, 'data'), GOSUMDB: 'off' };
    const { err } = await stoa(['-c', command, STOA, join(folder, 'source')], env, '/bin/sh');
    expect(err.split('\n').filter((line) => !line.startsWith('stoa: Redis does not answer'))).toEqual(['']);
    await rm(folder, { recursive: true });
  });

  it('says in one line that a storage does not speak TLS', async () => {
    const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const storage = { STOA_STORAGE: 's3', STOA_S3_ACCESS_KEY: 'key', STOA_S3_SECRET_KEY: 'secret' };
    const { err } = await stoa(['verify'], { ...storage, STOA_S3_ENDPOINT: `https://127.0.0.1:${port}` });
    expect(err).toMatch(/^stoa: the storage can not be reached \(.*wrong version number.*\)\n$/);
    server.close();
  });
});
