import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Room } from '#libs/ingest';
import { MemoryObjectStore } from '#libs/storage';
import { moduleZip } from '../../../test/support/module-zip.js';
import { writeFiles } from '../../../test/support/data-dir.js';
import { infoOf } from '../../../test/support/athens-files.js';
import { importAll } from './importing.js';

const VERSIONS = 8;
/** Above what is held in memory. */
const BYTES = 200_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-importer-'));
  for (let number = 0; number < VERSIONS; number++) {
    const [module, version] = ['example.com/large', `v1.${number}.0`];
    const mod = `module ${module}\n`;
    const zip = moduleZip({ module, version }, { 'go.mod': mod, 'a.bin': Buffer.alloc(BYTES, number) });
    const start = `${module}/@v/${version}`;
    await writeFiles(join(folder, 'source'), {
      [`${start}.info`]: infoOf(version),
      [`${start}.mod`]: mod,
      [`${start}.zip`]: zip,
    });
  }
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

/**
 * Imports all at once, and gives the most bytes that were in the scratch space when a version was entered. None is
 * entered before so many are about to be.
 */
async function mostOfScratch(room: Room, together = 1): Promise<number> {
  let [most, coming] = [0, 0];
  const come = Promise.withResolvers<void>();
  const outcomes = await importAll(folder, {
    objects: new MemoryObjectStore(),
    room,
    entering: async (scratch) => {
      most = Math.max(most, sizeOf(scratch.root));
      if (++coming === together) come.resolve();
      await come.promise;
    },
  });
  expect(outcomes).toEqual(Array.from({ length: VERSIONS }, () => ({ kind: 'imported', infoMade: false })));
  return most;
}

function sizeOf(root: string): number {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((bytes, { parentPath, name }) => bytes + statSync(join(parentPath, name)).size, 0);
}

it('an import has no more in the scratch space than its room allows, however many versions are under way', async () => {
  expect(await mostOfScratch(new Room([]), VERSIONS)).toBeGreaterThan(VERSIONS * BYTES);
  const bounded = await mostOfScratch(new Room([], { most: 2.5 * BYTES }));
  expect(bounded).toBeGreaterThan(BYTES);
  expect(bounded).toBeLessThan(2.5 * BYTES);
});
