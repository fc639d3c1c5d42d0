import { join } from 'node:path';
import { serveStorage, startSixRoutes, type TestServer } from '../../../../test/support/storage-servers.js';

/** What a storage stands on during a trial. */
export interface Ground {
  /** The settings that choose it. */
  readonly settings: Record<string, string>;
  /** Removes what is not in the folder of the trial. */
  close?(): Promise<void>;
}

/** A storage that the suites are run on. */
export interface Conforming {
  readonly name: string;
  /** Makes an empty one; `folder` is empty, and removed afterwards. */
  lay(folder: string): Promise<Ground>;
  /** How much of the object suite: without the object of 600 MB, or none, for what is no store of any key. */
  readonly objects?: 'all' | 'small' | 'none';
}

/** Every storage that must conform: a new adapter is one line here. */
export const STORAGES: readonly Conforming[] = [
  {
    name: 'external, our server over fs',
    lay: async (folder) => over(await serveStorage({ STOA_FS_ROOT: join(folder, 'served') })),
  },
  {
    name: 'external, a server in Go with the six basic routes',
    objects: 'none',
    lay: async (folder) => ({
      ...over(await startSixRoutes(folder)),
    }),
  },
];

function over(server: TestServer): Ground {
  return { settings: { STOA_STORAGE: 'external', STOA_EXTERNAL_URL: server.url }, close: () => server.close() };
}
