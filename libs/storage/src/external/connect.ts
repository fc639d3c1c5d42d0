import { ConfigError } from '#libs/config';
import type { Connect } from '../adapter.js';
import { FsObjectStore } from '../fs/fs.object-store.js';
import { ExternalObjectStore, hasObjects } from './external.object-store.js';
import { SixRouteObjectStore } from './six-route.object-store.js';
import { SixRoutes } from './six-routes.js';
import { StorageLink } from './storage-link.js';

/**
 * Connects to an external storage server by what it offers: objects by key, else the six basic routes and a folder beside
 * them. Throws a RefusalError when the server does not answer, and ConfigError when the folder is needed and not named.
 */
export const connect: Connect<'external'> = async (config, { writes = false }) => {
  const { url, metaRoot } = config;
  const origin = `external ${url.origin}${url.pathname}`;
  const link = new StorageLink(config);
  try {
    if (await hasObjects(link)) return { store: new ExternalObjectStore(link), origin };
    if (metaRoot === undefined)
      throw new ConfigError([
        'STOA_META_ROOT: is not set, and the storage server has the six basic routes alone: name a folder that gateways and workers share',
      ]);
    const routes = new SixRoutes(link);
    const folder = new FsObjectStore({ root: metaRoot, writes });
    return {
      store: new SixRouteObjectStore(routes, folder, writes),
      origin,
      folders: [metaRoot],
      listUnseen: (module) => routes.list(module),
    };
  } catch (error) {
    await link.close();
    throw error;
  }
};
