import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { Ingest, Room, Scratch, ZipChecker } from '#libs/ingest';
import { Metrics } from '#libs/observability';
import { ObjectMetaStore, ObjectModuleStore, type ObjectStore } from '#libs/storage';
import { FolderFiles } from '../src/import/folder.files.js';
import { Importer, type Imported } from '../src/import/importer.js';
import { TreeSource } from '../src/import/tree.source.js';

/** What a trial import is made of besides a folder of its own. */
interface Importing {
  readonly objects: ObjectStore;
  readonly room?: Room;
  /** Told when a version is about to be entered, which waits for it. */
  readonly entering?: (scratch: Scratch) => void | Promise<void>;
}

/** Imports all that the folder `source` in a folder has, all at once, into a store. */
export async function importAll(
  folder: string,
  { objects, room = new Room([]), entering = () => {} }: Importing,
): Promise<(Imported | null)[]> {
  const [modules, meta] = [new ObjectModuleStore(objects), new ObjectMetaStore(objects)];
  const zips = new ZipChecker(1);
  const scratch = new Scratch(await mkdtemp(join(folder, 'data-')));
  await scratch.open();
  const ingest = new Ingest({
    objects,
    modules,
    meta,
    zips,
    checksums: null,
    metrics: new Metrics(),
    log: pino({ level: 'silent' }),
    stamp: async () => {
      await entering(scratch);
      return 1n;
    },
    tell: async () => {},
  });
  const stop = new AbortController().signal;
  const importer = new Importer({ ingest, modules, scratch, room, timeout: 30_000, stop });
  try {
    const candidates = await Array.fromAsync(new TreeSource(new FolderFiles(join(folder, 'source'))).candidates());
    return await Promise.all(
      candidates.map(async (candidate) => ('reason' in candidate ? null : importer.import(candidate))),
    );
  } finally {
    await Promise.all([zips.close(), scratch.close()]);
  }
}
