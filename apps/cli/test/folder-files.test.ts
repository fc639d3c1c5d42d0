import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { athensFiles } from '../../../test/support/athens-files.js';
import { writeFiles } from '../../../test/support/data-dir.js';
import { FolderReader } from '../src/import/folder-reader.js';
import { FolderFiles } from '../src/import/folder.files.js';
import { TreeSource } from '../src/import/tree.source.js';

const folder = mkdtempSync(join(tmpdir(), 'stoa-folder-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a folder has to be imported: versions, and what is left out with its reason. */
async function found(root: string): Promise<string[]> {
  const all = await Array.fromAsync(new TreeSource(new FolderFiles(root)).candidates());
  return all
    .map((one) => ('reason' in one ? `${one.name}: ${one.reason}` : `${one.version.module} ${one.has.has('zip')}`))
    .sort();
}

it('an import follows links to other disks, once each, and none back into the tree', async () => {
  const [tree, disk] = [join(folder, 'tree'), join(folder, 'disk')];
  await writeFiles(tree, athensFiles('example.com/here', 'v1.0.0'));
  await writeFiles(disk, athensFiles('example.org/there', 'v1.0.0'));
  await writeFiles(disk, { 'a.mod': 'module example.com/file\n', 'a.zip': 'PK' });
  symlinkSync(join(disk, 'example.org'), join(tree, 'example.org'));
  symlinkSync(join(disk, 'example.org'), join(tree, 'again.example.org'));
  symlinkSync('..', join(tree, 'example.com', 'up'));
  symlinkSync(folder, join(tree, 'around'));
  symlinkSync(tree, join(disk, 'example.org', 'back'));
  mkdirSync(join(tree, 'example.com/file/@v'), { recursive: true });
  for (const kind of ['mod', 'zip'])
    symlinkSync(join(disk, `a.${kind}`), join(tree, `example.com/file/@v/v1.0.0.${kind}`));
  // It has a zip, which then can't be read: that is told.
  mkdirSync(join(tree, 'example.com/broken/@v'), { recursive: true });
  symlinkSync(join(folder, 'none'), join(tree, 'example.com/broken/@v/v1.0.0.zip'));
  const all = await found(tree);
  expect(all.filter((one) => one.startsWith('example.com'))).toEqual([
    'example.com/broken true',
    'example.com/file true',
    'example.com/here true',
  ]);
  // By the one or the other name: which one is read first is the folder's order.
  expect(all.filter((one) => one.includes('example.org'))).toHaveLength(1);
  expect(all).toHaveLength(4);
});

it('an import tells which folder it can not read, and reads the others', async () => {
  const tree = join(folder, 'deep');
  await writeFiles(tree, athensFiles('example.com/m', 'v1.0.0'));
  // A path of more than 4096 bytes can be made, by a move, and not be named.
  const long = Array.from({ length: 12 }, () => 'd'.repeat(200)).join('/');
  for (const name of ['one', 'two']) mkdirSync(join(folder, name, long), { recursive: true });
  renameSync(join(folder, 'two'), join(folder, 'one', long, 'two'));
  renameSync(join(folder, 'one'), join(tree, 'one'));
  const all = await found(tree);
  renameSync(join(tree, 'one', long, 'two'), join(folder, 'two'));
  expect(all).toEqual([
    'example.com/m true',
    expect.stringMatching(/^one\/d.+: the folder can not be read \(ENAMETOOLONG\)$/),
  ]);
});

it("what the reading thread meets is the system's error, told in a line", async () => {
  const reader = new FolderReader();
  await expect(reader.list(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT', syscall: 'scandir' });
  await expect(reader.read(join(folder, 'none'), 1)).rejects.toMatchObject({ code: 'ENOENT', syscall: 'open' });
  await reader.close();
});
