import { ConfigError } from '#libs/config';
import { FsObjectStore } from '../fs/fs.object-store.js';
import type { ObjectStore } from '../object-store.js';
import type { ListUnseen } from '../tree/object.module-store.js';
import { ExternalObjectStore, hasObjects } from './external.object-store.js';
import { SixRouteObjectStore } from './six-route.object-store.js';
import { SixRoutes } from './six-routes.js';
import { StorageLink, type ExternalConfig } from './storage-link.js';

/**
 * Connects to an external storage server by what it offers: objects by key, else the six basic routes and a folder beside
 * them. Throws a RefusalError when the server does not answer, and ConfigError when the folder is needed and not named.
 */
export async function connectExternal(
  config: ExternalConfig,
  writes: boolean,
): Promise<{ readonly adapter: ObjectStore; readonly listUnseen?: ListUnseen }> {
  const link = new StorageLink(config);
  try {
    if (await hasObjects(link)) return { adapter: new ExternalObjectStore(link) };
    if (config.metaRoot === undefined)
      throw new ConfigError([
        'STOA_META_ROOT: is not set, and the storage server has the six basic routes alone: name a folder that gateways and workers share',
      ]);
    const routes = new SixRoutes(link);
    const folder = new FsObjectStore({ root: config.metaRoot, writes });
    return { adapter: new SixRouteObjectStore(routes, folder, writes), listUnseen: (module) => routes.list(module) };
  } catch (error) {
    await link.close();
    throw error;
  }
}
