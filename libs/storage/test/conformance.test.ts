import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '#libs/config';
import { Metrics } from '#libs/observability';
import { openStorage, type Storage } from '#libs/storage';
import { describeModuleStore } from './conformance/module-store.js';
import { describeObjectStore } from './conformance/object-store.js';
import { STORAGES, type Ground } from './conformance/storages.js';

for (const { name, lay, objects = 'all' } of STORAGES) {
  let ground: Ground;
  let folder: string;
  const open = async (): Promise<Storage> => {
    folder = await mkdtemp(join(tmpdir(), 'stoa-conformance-'));
    ground = await lay(folder);
    const { config } = loadConfig('api', { STOA_DATA_DIR: folder, ...ground.settings });
    return openStorage({ ...config, memoryCache: 0 }, new Metrics(), { writes: true });
  };
  const remove = async (): Promise<void> => {
    await ground.close?.();
    await rm(folder, { recursive: true, force: true });
  };

  if (objects !== 'none')
    describeObjectStore(name, {
      takesLargeObjects: objects === 'all',
      open: async () => (await open()).objects,
      remove,
    });
  let opened: Storage;
  describeModuleStore(name, {
    open: async () => {
      opened = await open();
      return opened.modules;
    },
    remove: async () => {
      await opened.objects.close();
      await remove();
    },
  });
}
