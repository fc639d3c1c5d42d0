import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { treeFiles } from '../support/athens-files.js';
import { runCommand } from '../support/command.js';
import { newDataDir, writeFiles, type DataDir } from '../support/data-dir.js';
import { ownFolder } from '../support/own-folder.js';

const folder = ownFolder('nothing');
let empty: DataDir;
let one: DataDir;

beforeAll(async () => {
  [empty, one] = await Promise.all([newDataDir(folder), newDataDir(folder)]);
  const source = join(folder, 'source');
  await writeFiles(source, treeFiles('example.com/there', 'v1.0.0'));
  expect(await runCommand(['import', source, '--quiet'], one.env)).toMatchObject({ code: 0 });
});

describe('a command of which nothing is stored', () => {
  it.each([
    [['verify'], 'stoa: no module is stored\n'],
    [['verify', 'example.com/there'], 'stoa: nothing of example.com/there is stored\n'],
    [['export', 'TREE'], 'stoa: no module is stored\n'],
  ])('says so of an empty storage: %j', async (words, err) => {
    const typed = words.map((word) => (word === 'TREE' ? join(folder, 'nothing') : word));
    expect(await runCommand(typed, empty.env)).toMatchObject({ code: 1, out: '', err });
  });

  it('says so of what was named, and verifies the rest', async () => {
    const named = ['example.com/there@v1.0.0', 'example.com/there@v1.0.1', 'example.com/their'];
    expect(await runCommand(['verify', ...named], one.env)).toMatchObject({
      code: 1,
      out: '',
      err: 'stoa: nothing of example.com/there@v1.0.1 is stored\nstoa: nothing of example.com/their is stored\nstoa: 2 checked: 0 found\n',
    });
    expect(await runCommand(['verify', 'example.com/there'], one.env)).toMatchObject({ code: 0 });
  });

  it('says so of what was named, and exports the rest', async () => {
    const tree = join(folder, 'tree');
    const end = await runCommand(['export', tree, '--module', 'example.com/there,corp.example/*'], one.env);
    expect(end).toMatchObject({ code: 1, err: 'stoa: nothing of "corp.example/*" is stored\n' });
    expect(end.out).toMatch(/^exported 3 files of 1 modules/);
    expect(await readdir(join(tree, 'example.com'))).toEqual(['there']);
  });

  it('has no fault when nothing is new since a time', async () => {
    const files = join(one.folder, 'storage/example.com/there/@v');
    const old = new Date('2020-01-01');
    for (const name of await readdir(files)) await utimes(join(files, name), old, old);
    const words = ['--since', '2099-01-01T00:00:00Z'];
    expect(await runCommand(['export', join(folder, 'none'), ...words], one.env)).toMatchObject({
      code: 0,
      lines: [expect.stringMatching(/^exported 0 files/)],
    });
    expect(await runCommand(['verify', ...words], one.env)).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^stoa: 0 checked/),
    });
  });
});
