import { mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { athensFiles } from '../support/athens-files.js';
import { runCommand } from '../support/command.js';
import { newDataDir, snapshot, writeFiles } from '../support/data-dir.js';
import { goClient } from '../support/go.js';
import { ownFolder } from '../support/own-folder.js';
import { startUpstream } from '../support/upstream.js';

const folder = ownFolder('export');

describe('stoa export', () => {
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

    const data = await newDataDir(folder);
    const end = await runCommand(['import', join(go.folder, 'modcache')], data.env);
    expect([end.code, end.out]).toEqual([
      0,
      expect.stringMatching(/^imported 2, already there 0, go\.mod alone \d, left out 0\n$/),
    ]);

    const tree = join(folder, 'tree');
    const exported = await runCommand(['export', tree], data.env);
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
    expect((await runCommand(['export', tree], data.env)).code).toBe(0);
    expect(await snapshot(tree)).toEqual(before);
    await writeFile(join(tree, 'example.com/old/@v/v1.1.0.mod'), 'module example.com/forged\n');
    const different = await runCommand(['export', tree], data.env);
    expect([different.code, different.err]).toEqual([1, expect.stringContaining('example.com/old/@v/v1.1.0.mod')]);
    expect(await readFile(join(tree, 'example.com/old/@v/v1.1.0.mod'), 'utf8')).toBe('module example.com/forged\n');
    await go.close();
  });

  it('exports only the modules and the days that are asked for', async () => {
    const source = join(folder, 'three');
    await writeFiles(source, {
      ...athensFiles('example.com/a/b', 'v1.0.0'),
      ...athensFiles('example.com/c', 'v1.0.0'),
      ...athensFiles('corp.example/d', 'v1.0.0'),
    });
    const data = await newDataDir(folder);
    await runCommand(['import', source], data.env);
    const old = join(data.folder, 'storage/example.com/c/@v');
    for (const name of await readdir(old))
      await utimes(join(old, name), new Date('2020-01-01'), new Date('2020-01-01'));
    const tree = await mkdtemp(join(folder, 'some-'));
    const { out } = await runCommand(['export', tree, '--module', 'example.com/*', '--since', '2021-01-01'], data.env);
    expect(out).toBe('exported 3 files of 1 modules, already there 0, different there 0\n');
    expect(await readdir(join(tree, 'example.com'))).toEqual(['a']);
    expect((await runCommand(['export', tree, '--since', 'monday'], data.env)).code).toBe(2);
  });

  it('refuses a folder of the storage, by whatever name, and one with a .tmp that is not its own', async () => {
    const data = await newDataDir(folder);
    await writeFiles(join(folder, 'one'), athensFiles('example.com/a', 'v1.0.0'));
    await runCommand(['import', join(folder, 'one')], data.env);
    const storage = join(data.folder, 'storage');
    await symlink(storage, join(folder, 'link'));
    for (const target of [storage, join(folder, 'link'), join(storage, 'below')]) {
      const { code, err } = await runCommand(['export', target], data.env);
      expect([code, err]).toEqual([2, `stoa: ${target} is in the storage itself, which can be served as it is\n`]);
    }
    await writeFiles(join(folder, 'used'), { '.tmp/mine': 'mine' });
    expect(await runCommand(['export', join(folder, 'used')], data.env)).toMatchObject({ code: 2 });
    expect(await readFile(join(folder, 'used/.tmp/mine'), 'utf8')).toBe('mine');
  });
});
