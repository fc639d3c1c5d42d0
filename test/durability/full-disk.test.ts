import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FsObjectStore } from '#libs/storage';
import { canMount, mountSmallDisk, type SmallDisk } from '../support/small-disk.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';
import { ORDER, StoredVersion } from './stored-version.js';

/** Enough for a worker to begin a download, which then fails for want of a name. */
const BYTES = 200 << 20;
/** Names that one version takes at most, with those that it takes for a moment. */
const NAMES = 30;

// Mounting is root's.
describe.runIf(canMount)('a storage of files that gets full in the middle of a store', () => {
  let upstream: FakeUpstream;
  let disk: SmallDisk;
  let stack: Stack;
  let root: string;
  beforeAll(async () => {
    upstream = await startUpstream();
    disk = await mountSmallDisk(BYTES);
    root = join(disk.folder, 'storage');
    stack = await startStack({ env: { GOPROXY: upstream.url, STOA_FS_ROOT: root, STOA_GO_BINARY: 'no-go' } });
  });
  afterAll(async () => {
    await stack?.close();
    await disk?.close();
    await upstream?.close();
  });

  it('wherever that is, has whole files alone, and gets the rest when there is room', async () => {
    const objects = new FsObjectStore({ root });
    const ends = new Set<string>();
    for (let names = 0; names < NAMES; names++) {
      const version = new StoredVersion(`example.com/names/${names}/m`, upstream);
      disk.leaveNames(names);
      await version.visit(stack.url);
      const stored = await version.look(objects);
      await version.visitStored(stack.url, stored);
      ends.add(stored.join(' '));
      disk.leaveNames(1000);
      expect(await version.visit(stack.url)).toBe(200);
      await expect.poll(() => version.look(objects)).toEqual([...ORDER]);
      await expect.poll(() => readdir(join(root, '.tmp'))).toEqual([]);
      if (stored.length === ORDER.length) break;
    }
    // It did get full after each of them; what comes after a receipt that fails is stored all the same. An index entry
    // is an empty file, which takes one name, as a list does that is not finished.
    expect([...ends]).toEqual(
      expect.arrayContaining([
        '',
        'mod',
        'mod info',
        'mod info zip list',
        'mod info zip receipt',
        'mod info zip receipt index',
        ORDER.join(' '),
      ]),
    );
  });
});
