import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketOn } from '../../libs/storage/test/conformance/bucket.js';
import { S3ObjectStore } from '../../libs/storage/src/s3/s3.object-store.js';
import { ask } from '../support/ask.js';
import { startChecksumDatabase } from '../support/checksum-database.js';
import { runCommand, startCommand, type CommandEnd } from '../support/command.js';
import { goClient } from '../support/go.js';
import { startMinio } from '../support/minio.js';
import { moduleZip } from '../support/module-zip.js';
import { startStack } from '../support/stack.js';
import { hang, startUpstream } from '../support/upstream.js';

const INFO = (version: string): string => JSON.stringify({ Version: version, Time: '2024-01-02T03:04:05Z' });
const PSEUDO = 'v0.0.0-20240102030405-0123456789ab';

let folder: string;
let data: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-import-'));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

/** A new data dir of an import's own. */
async function newData(): Promise<Record<string, string>> {
  data = await mkdtemp(join(folder, 'data-'));
  return { STOA_DATA_DIR: data, STOA_REDIS_URL: `unix://${data}/no-redis` };
}

const stored = (key: string): Promise<Buffer | null> => readFile(join(data, 'storage', key)).catch(() => null);

/** All files below a folder with their inodes and times: what is written again has others. */
async function snapshot(root: string): Promise<string[]> {
  const names = await readdir(root, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.sort().map(async (file) => {
      const { ino, mtimeMs } = await stat(file);
      return `${file} ${ino} ${mtimeMs}`;
    }),
  );
}

async function writeFiles(root: string, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
}

/** The files of a version, as Athens keeps them on disk and on MinIO. */
function athens(module: string, version: string, goMod = `module ${module}\n`): Record<string, string | Buffer> {
  return {
    [`${module}/${version}/go.mod`]: goMod,
    [`${module}/${version}/source.zip`]: moduleZip({ module, version }, { 'go.mod': goMod, 'a.go': 'package a\n' }),
    [`${module}/${version}/${version}.info`]: INFO(version),
  };
}

/** The same as Athens keeps them on S3. */
function athensS3(module: string, version: string): Record<string, string | Buffer> {
  const goMod = `module ${module}\n`;
  return {
    [`${module}/@v/${version}.mod`]: goMod,
    [`${module}/@v/${version}.zip`]: moduleZip({ module, version }, { 'go.mod': goMod, 'a.go': 'package a\n' }),
    [`${module}/@v/${version}.info`]: INFO(version),
  };
}

const summary = ({ out }: CommandEnd): string => out.split('\n', 1)[0] ?? '';

describe('stoa import', { timeout: 120_000 }, () => {
  it('takes what is whole of an Athens folder, and tells what it left out and why', async () => {
    const source = join(folder, 'athens');
    const short = athens('example.com/short', 'v1.0.0');
    const zip = short['example.com/short/v1.0.0/source.zip'] as Buffer;
    await writeFiles(source, {
      ...athens('example.com/Team/Upper', 'v1.0.0-RC1'),
      ...athens('example.com/old', 'v2.0.0+incompatible'),
      ...athens('example.com/old', 'v1.0.0'),
      ...athens('example.com/old/v3', 'v3.0.1'),
      ...short,
      'example.com/short/v1.0.0/source.zip': zip.subarray(0, zip.length - 40),
      ...athens('example.com/other', 'v1.0.0'),
      'example.com/other/v1.0.0/go.mod': 'module example.com/another\n',
      ...athens('example.com/wrong', 'v1.0.0'),
      'example.com/wrong/v1.0.0/v1.0.0.info': INFO('v1.0.1'),
      'example.com/nozip/v1.0.0/go.mod': 'module example.com/nozip\n',
      'example.com/nozip/v1.0.0/v1.0.0.info': INFO('v1.0.0'),
      ...athens('example.com/major', 'v2.0.0'),
      ...athens('example.com/large', 'v1.0.0'),
      'example.com/large/v1.0.0/source.zip': moduleZip(
        { module: 'example.com/large', version: 'v1.0.0' },
        { 'go.mod': 'module example.com/large\n', 'large.bin': Buffer.alloc(2_000_000, 7) },
      ),
      'README.md': 'not a module',
    });
    const env = await newData();
    const report = join(folder, 'report.jsonl');
    const first = await runCommand(['import', source, '--report', report], env);
    expect(first.code).toBe(1);
    expect(summary(first)).toBe('imported 5, already there 0, go.mod alone 0, left out 5');
    const lines = (await readFile(report, 'utf8')).trim().split('\n');
    const told = new Map(
      lines.map((line) => JSON.parse(line) as { name: string; reason: string }).map((l) => [l.name, l.reason]),
    );
    expect([...told.keys()].sort()).toEqual([
      'example.com/major@v2.0.0',
      'example.com/nozip@v1.0.0',
      'example.com/other@v1.0.0',
      'example.com/short@v1.0.0',
      'example.com/wrong@v1.0.0',
    ]);
    expect(told.get('example.com/short@v1.0.0')).toContain('invalid zip');
    expect(told.get('example.com/nozip@v1.0.0')).toContain('no source.zip');
    expect(told.get('example.com/other@v1.0.0')).toContain('go.mod');
    expect(told.get('example.com/wrong@v1.0.0')).toContain('v1.0.1');
    expect(told.get('example.com/major@v2.0.0')).toContain('should be v0 or v1');
    for (const [name, reason] of told) expect(first.out).toContain(`  ${name}: ${reason}\n`);
    expect(first.out + first.err).not.toContain(source);

    expect((await stored('example.com/!team/!upper/@v/v1.0.0-!r!c1.mod'))?.toString()).toBe(
      'module example.com/Team/Upper\n',
    );
    expect(await stored('example.com/old/@v/v2.0.0+incompatible.zip')).not.toBeNull();
    expect((await stored('example.com/old/@v/list'))?.toString()).toBe('v1.0.0\nv2.0.0+incompatible\n');
    for (const kind of ['mod', 'info', 'zip']) expect(await stored(`example.com/short/@v/v1.0.0.${kind}`)).toBeNull();
    const receipt = JSON.parse(String(await stored('.meta/receipts/example.com/old/@v/v1.0.0.json'))) as Record<
      string,
      unknown
    >;
    expect(receipt).toMatchObject({ source: 'import', zipHash: expect.stringMatching(/^h1:/) });
    expect(JSON.stringify(receipt)).not.toContain(folder);

    const before = await snapshot(join(data, 'storage'));
    const second = await runCommand(['import', source], env);
    expect(summary(second)).toBe('imported 0, already there 5, go.mod alone 0, left out 5');
    expect((await snapshot(join(data, 'storage'))).filter((line) => !line.includes('/.meta/refused/'))).toEqual(
      before.filter((line) => !line.includes('/.meta/refused/')),
    );
  });

  it('shows what is imported to running gateways at once, in list and index', async () => {
    const upstream = await startUpstream();
    upstream.add('example.com/known', 'v1.0.0');
    const stack = await startStack({ env: { GOPROXY: upstream.url, STOA_LIST_TTL: '1h' } });
    const list = async (): Promise<string> => (await ask(`${stack.url}/example.com/known/@v/list`)).text;
    expect(await list()).toBe('v1.0.0\n');
    expect(await list()).toBe('v1.0.0\n');
    await upstream.close();

    const source = join(folder, 'news');
    await writeFiles(source, athens('example.com/known', 'v1.1.0'));
    const { code, err } = await runCommand(['import', source], {
      STOA_DATA_DIR: join(stack.folder, 'data'),
      STOA_REDIS_URL: stack.redis.url,
    });
    expect([code, err]).toEqual([0, '']);
    await expect.poll(list).toBe('v1.0.0\nv1.1.0\n');
    for (const file of ['v1.1.0.info', 'v1.1.0.mod', 'v1.1.0.zip'])
      expect((await ask(`${stack.url}/example.com/known/@v/${file}`)).status).toBe(200);
    // Entries are held back for some seconds.
    await expect
      .poll(async () => (await ask(`${stack.url}/index`)).text, { timeout: 15_000, interval: 250 })
      .toContain('"example.com/known","Version":"v1.1.0"');
    await stack.close();
  });

  it('holds what it reads against the checksum database, but for private modules', async () => {
    const upstream = await startUpstream();
    upstream.add('example.com/true', 'v1.0.0', { files: { 'a.go': 'package a\n' } });
    upstream.add('example.com/changed', 'v1.0.0', { files: { 'a.go': 'package other\n' } });
    const database = await startChecksumDatabase(upstream);
    const source = join(folder, 'verified');
    await writeFiles(source, {
      ...athens('example.com/true', 'v1.0.0'),
      ...athens('example.com/changed', 'v1.0.0'),
      ...athens('private.example/mine', 'v1.0.0'),
    });
    const env = {
      ...(await newData()),
      GOPROXY: upstream.url,
      GOSUMDB: database.gosumdb,
      GONOSUMDB: 'private.example',
    };
    const end = await runCommand(['import', source], env);
    expect(end.code).toBe(1);
    expect(summary(end)).toBe('imported 2, already there 0, go.mod alone 0, left out 1');
    expect(end.out).toMatch(/example\.com\/changed@v1\.0\.0: SECURITY ERROR: checksum mismatch: zip/);
    expect(await stored('example.com/changed/@v/v1.0.0.mod')).toBeNull();
    const receipt = String(await stored('.meta/receipts/example.com/true/@v/v1.0.0.json'));
    expect(receipt).toContain(`checksum-database:${database.name}`);
    expect(upstream.requests.map(({ path }) => path).join()).not.toContain('private.example');
    await database.close();
    await upstream.close();
  });

  it('makes the .info that is missing, of the time of the commit or of the zip', async () => {
    const source = join(folder, 'noinfo');
    const when = new Date('2023-04-05T06:07:08Z');
    for (const version of ['v1.0.0', PSEUDO]) {
      const files = athens('example.com/noinfo', version);
      delete files[`example.com/noinfo/${version}/${version}.info`];
      await writeFiles(source, files);
      await utimes(join(source, 'example.com/noinfo', version, 'source.zip'), when, when);
    }
    const end = await runCommand(['import', source], await newData());
    expect([end.code, summary(end)]).toEqual([
      0,
      'imported 2 (2 without an .info, which was made of their time), already there 0, go.mod alone 0, left out 0',
    ]);
    expect(String(await stored('example.com/noinfo/@v/v1.0.0.info'))).toBe(
      '{"Version":"v1.0.0","Time":"2023-04-05T06:07:08Z"}',
    );
    expect(String(await stored(`example.com/noinfo/@v/${PSEUDO}.info`))).toContain('2024-01-02T03:04:05Z');
  });

  it('reads both layouts of an Athens bucket, and stores in a bucket', async () => {
    const minio = await startMinio();
    const bucket = new S3ObjectStore({ ...bucketOn(minio, 'athens'), prefix: 'some/where' });
    await bucket.open();
    const files = {
      ...athens('example.com/Minio', 'v1.0.0'),
      ...athensS3('example.com/Amazon', 'v1.0.0'),
      ...athensS3('example.com/Amazon', 'v1.1.0'),
    };
    for (const [key, content] of Object.entries(files)) {
      const bytes = Buffer.from(content);
      await bucket.put(key, bytes, { size: bytes.length, mode: 'create' });
    }
    await bucket.close();
    const env = {
      ...(await newData()),
      STOA_STORAGE: 's3',
      STOA_S3_ENDPOINT: minio.endpoint,
      STOA_S3_ACCESS_KEY: minio.accessKey,
      STOA_S3_SECRET_KEY: minio.secretKey,
      AWS_ACCESS_KEY_ID: minio.accessKey,
      AWS_SECRET_ACCESS_KEY: minio.secretKey,
    };
    const words = ['import', 's3://athens/some/where', '--endpoint', minio.endpoint];
    expect(summary(await runCommand(words, env))).toBe('imported 3, already there 0, go.mod alone 0, left out 0');
    expect(summary(await runCommand(words, env))).toBe('imported 0, already there 3, go.mod alone 0, left out 0');
    expect((await runCommand(['import', 's3://nowhere', '--endpoint', minio.endpoint], env)).err).toMatch(
      /^(?:stoa: .*\n)*stoa: the storage .*\n$/,
    );
    await minio.stop();
  });

  it('takes a module cache of go, go.mod files without zips too, and exports what go can read', async () => {
    const upstream = await startUpstream();
    upstream
      .add('example.com/Leaf', 'v1.2.0', { files: { 'leaf.go': 'package leaf\n' } })
      .add('example.com/old', 'v1.0.0', { mod: 'module example.com/old\n' })
      .add('example.com/old', 'v1.1.0', {
        mod: 'module example.com/old\n\nrequire example.com/Leaf v1.2.0\n',
        files: { 'old.go': 'package old\n\nimport _ "example.com/Leaf"\n' },
      });
    const go = await goClient({ GOPROXY: upstream.url, GOSUMDB: 'off' });
    await writeFiles(go.folder, {
      'go.mod':
        'module example.com/main\n\ngo 1.16\n\nrequire (\n\texample.com/old v1.1.0\n\texample.com/Leaf v1.2.0\n)\n',
      'main.go': 'package main\n\nimport _ "example.com/old"\n\nfunc main() {}\n',
    });
    expect(await go.run(['build', '-mod=mod', '-o', join(go.folder, 'main'), '.'])).toMatchObject({ code: 0 });
    // Only its go.mod is in the cache.
    expect(await go.run(['list', '-mod=mod', '-m', 'example.com/old@v1.0.0'])).toMatchObject({ code: 0 });
    await upstream.close();

    const env = await newData();
    const end = await runCommand(['import', join(go.folder, 'modcache')], env);
    expect([end.code, end.out]).toEqual([
      0,
      expect.stringMatching(/^imported 2, already there 0, go\.mod alone \d, left out 0\n$/),
    ]);

    const tree = join(folder, 'tree');
    const exported = await runCommand(['export', tree], env);
    expect([exported.code, exported.out]).toEqual([
      0,
      expect.stringMatching(/^exported \d+ files of 2 modules, already there 0, /),
    ]);
    expect((await readdir(tree)).sort()).toEqual(['example.com']);
    expect(await readFile(join(tree, 'example.com/old/@v/list'), 'utf8')).toBe('v1.1.0\n');
    await go.forget();
    await rm(join(go.folder, 'go.sum'), { force: true });
    const offline = { GOPROXY: `file://${tree}`, GONOSUMDB: '*', GOFLAGS: '-mod=mod -modcacherw' };
    expect(await go.run(['build', '-o', join(go.folder, 'again'), '.'], offline)).toMatchObject({ code: 0 });
    expect(await go.run(['list', '-m', 'example.com/old@latest'], offline)).toMatchObject({
      stdout: 'example.com/old v1.1.0\n',
    });

    const before = await snapshot(tree);
    expect((await runCommand(['export', tree], env)).code).toBe(0);
    expect(await snapshot(tree)).toEqual(before);
    await writeFile(join(tree, 'example.com/old/@v/v1.1.0.mod'), 'module example.com/forged\n');
    const different = await runCommand(['export', tree], env);
    expect([different.code, different.err]).toEqual([1, expect.stringContaining('example.com/old/@v/v1.1.0.mod')]);
    expect(await readFile(join(tree, 'example.com/old/@v/v1.1.0.mod'), 'utf8')).toBe('module example.com/forged\n');
    await go.close();
  });

  it('exports only the modules and the days that are asked for', async () => {
    const source = join(folder, 'three');
    await writeFiles(source, {
      ...athens('example.com/a/b', 'v1.0.0'),
      ...athens('example.com/c', 'v1.0.0'),
      ...athens('corp.example/d', 'v1.0.0'),
    });
    const env = await newData();
    await runCommand(['import', source], env);
    const old = join(data, 'storage/example.com/c/@v');
    for (const name of await readdir(old))
      await utimes(join(old, name), new Date('2020-01-01'), new Date('2020-01-01'));
    const tree = await mkdtemp(join(folder, 'some-'));
    const { out } = await runCommand(['export', tree, '--module', 'example.com/*', '--since', '2021-01-01'], env);
    expect(out).toBe('exported 3 files of 1 modules, already there 0, different there 0\n');
    expect(await readdir(join(tree, 'example.com'))).toEqual(['a']);
    expect((await runCommand(['export', tree, '--since', 'monday'], env)).code).toBe(2);
  });

  describe('from another GOPROXY', () => {
    it('takes the versions of a list, and goes on where it was killed', async () => {
      const upstream = await startUpstream();
      for (let n = 0; n < 40; n++) upstream.add('example.com/many', `v1.${n}.0`);
      const last = '/example.com/many/@v/v1.39.0.zip';
      upstream.respond(last, hang());
      const list = Array.from({ length: 40 }, (_, n) => `example.com/many@v1.${n}.0\n`).join('');
      const env = await newData();
      const words = ['import', upstream.url, '--list', '-'];
      const zips = (): number => upstream.requests.filter(({ path }) => path.endsWith('.zip')).length;

      const killed = startCommand(words, env, list);
      const complete = async (): Promise<number> =>
        (await readdir(join(data, 'storage/.meta/receipts/example.com/many/@v')).catch(() => [])).length;
      await expect.poll(complete, { timeout: 15_000 }).toBe(39);
      killed.child.kill('SIGKILL');
      await killed.end;

      const stopped = startCommand(words, env, list);
      await expect.poll(() => upstream.count(last), { timeout: 15_000 }).toBe(2);
      stopped.child.kill('SIGINT');
      const { code, out, err } = await stopped.end;
      expect([code, out]).toEqual([1, 'imported 0, already there 39, go.mod alone 0, left out 0\n']);
      expect(err).toContain('SIGINT: stopped before the end');
      expect(await readdir(join(data, 'scratch'))).toEqual([]);

      upstream.respond(last, (_request, _response, serve) => serve());
      const end = await runCommand(words, env, list);
      expect([end.code, summary(end)]).toEqual([0, 'imported 1, already there 39, go.mod alone 0, left out 0']);
      expect(zips()).toBe(39 + 3);
      expect(await complete()).toBe(40);
      expect(String(await stored('example.com/many/@v/list')).split('\n')).toHaveLength(41);
      await upstream.close();
    });

    it('leaves out what it has not, what is no version, and what comes broken', async () => {
      const upstream = await startUpstream();
      upstream.add('example.com/good', 'v1.0.0').add('example.com/page', 'v1.0.0', { zip: Buffer.from('<html>') });
      const list = join(folder, 'list');
      await writeFile(
        list,
        '# wanted\nexample.com/good v1.0.0\nexample.com/gone@v1.0.0\nexample.com/page@v1.0.0\nexample.com/good@main\nnonsense\n',
      );
      const end = await runCommand(['import', upstream.url, '--list', list], await newData());
      expect([end.code, summary(end)]).toEqual([1, 'imported 1, already there 0, go.mod alone 0, left out 4']);
      expect(end.out).not.toContain('127.0.0.1');
      await upstream.close();
    });
  });

  it.each([
    [['import', '/no/such/folder'], 2],
    [['import', 'https://proxy.example.com'], 2],
    [['import', 's3://Not_A_Bucket', '--endpoint', 'http://127.0.0.1:1'], 2],
    [['import'], 2],
    [['import', '/proc/self/fdinfo'], 1],
  ])('%j ends with %d and one line', async (words, code) => {
    const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'hidden' };
    const end = await runCommand(words, { ...(await newData()), ...env });
    expect([end.code, end.out]).toEqual([code, '']);
    const lines = end.err.split('\n').filter((line) => !line.startsWith('stoa: Redis does not answer'));
    expect(lines).toEqual([expect.stringMatching(/^stoa: .+/), '']);
  });
});
