import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment, loadConfig } from '#libs/config';
import { Metrics } from '#libs/observability';
import { openStorage, type Storage } from '#libs/storage';
import { describeModuleStore } from './conformance/module-store.js';
import { describeObjectStore } from './conformance/object-store.js';
import { describeStorageServer } from './conformance/storage-server.js';
import { STORAGES, theirServer, type Conforming, type Ground } from './conformance/storages.js';

/** Runs the suites that a storage must pass. */
function describeStorage({ name, lay, objects, server }: Conforming): void {
  let ground: Ground;
  let folder: string;
  let opened: Storage | null = null;
  const prepare = async (): Promise<void> => {
    folder = await mkdtemp(join(tmpdir(), 'stoa-conformance-'));
    ground = await lay(folder);
  };
  const open = async (): Promise<Storage> => {
    await prepare();
    const { config } = loadConfig('api', { STOA_DATA_DIR: folder, ...ground.settings });
    opened = await openStorage(config, new Metrics(), { writes: true });
    return opened;
  };
  const remove = async (): Promise<void> => {
    await opened?.objects.close();
    opened = null;
    await ground.close?.();
    await rm(folder, { recursive: true, force: true });
  };

  if (server) {
    describeStorageServer(name, {
      open: async () => {
        await prepare();
        const { STOA_EXTERNAL_URL: url = '', STOA_EXTERNAL_TOKEN: token } = ground.settings;
        return { url, token };
      },
      remove,
    });
  }
  if (objects !== 'none')
    describeObjectStore(name, {
      takesLargeObjects: objects === 'all',
      open: async () => (await open()).objects,
      remove,
    });
  describeModuleStore(name, { open: async () => (await open()).modules, remove });
}

const theirs = await theirServer(environment());
for (const storage of theirs ? [theirs] : STORAGES) describeStorage(storage);
