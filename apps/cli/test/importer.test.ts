import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFindChecksums, Ingest, Quarantine, Room, Scratch, ZipChecker } from '#libs/ingest';
import { Metrics } from '#libs/observability';
import { MemoryObjectStore, ObjectMetaStore, ObjectModuleStore } from '#libs/storage';
import { moduleZip } from '../../../test/support/module-zip.js';
import { writeFiles } from '../../../test/support/data-dir.js';
import { infoOf } from '../../../test/support/athens-files.js';
import { FolderFiles } from '../src/import/folder.files.js';
import { Importer } from '../src/import/importer.js';
import { TreeSource } from '../src/import/tree.source.js';

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

/** Imports all at once, and gives the most bytes that were in the scratch space when a version was entered. */
async function mostOfScratch(room: Room): Promise<number> {
  const objects = new MemoryObjectStore();
  const [modules, meta] = [new ObjectModuleStore(objects), new ObjectMetaStore(objects)];
  const zips = new ZipChecker(1);
  const scratch = new Scratch(await mkdtemp(join(folder, 'data-')));
  await scratch.open();
  let most = 0;
  const ingest = new Ingest({
    modules,
    meta,
    zips,
    checksums: createFindChecksums(null, ''),
    metrics: new Metrics(),
    log: pino({ level: 'silent' }),
    stamp: async () => {
      most = Math.max(most, sizeOf(scratch.root));
      return 1n;
    },
    quarantine: new Quarantine(objects),
    tell: async () => {},
  });
  const importer = new Importer({
    ingest,
    modules,
    scratch,
    room,
    timeout: 30_000,
    stop: new AbortController().signal,
  });
  const source = new TreeSource(new FolderFiles(join(folder, 'source')));
  const candidates = await Array.fromAsync(source.candidates());
  const outcomes = await Promise.all(
    candidates.map(async (candidate) => ('reason' in candidate ? null : importer.import(candidate))),
  );
  expect(outcomes).toEqual(Array.from({ length: VERSIONS }, () => ({ kind: 'imported', infoMade: false })));
  await Promise.all([zips.close(), scratch.close()]);
  return most;
}

function sizeOf(root: string): number {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((bytes, { parentPath, name }) => bytes + statSync(join(parentPath, name)).size, 0);
}

it('an import has no more in the scratch space than its room allows, however many versions are under way', async () => {
  expect(await mostOfScratch(new Room([]))).toBeGreaterThan(3 * BYTES);
  const bounded = await mostOfScratch(new Room([], { most: 2.5 * BYTES }));
  expect(bounded).toBeGreaterThan(BYTES);
  expect(bounded).toBeLessThan(2.5 * BYTES);
});
