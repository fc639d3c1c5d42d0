import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startMinio } from '../../../../test/support/minio.js';
import { serveStorage, startSixRoutes, startSqliteExample, type TestServer } from '../../../../test/support/storage-servers.js';

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
    lay: async (folder) => {
      const [served, meta] = [join(folder, 'served'), join(folder, 'meta')];
      await mkdir(served);
      return over(await startSixRoutes(served), { STOA_META_ROOT: meta });
    },
  },
  {
    name: 'external, our server over S3',
    lay: async () => {
      const minio = await startMinio();
      const server = await serveStorage({
        STOA_STORAGE: 's3',
        STOA_S3_ENDPOINT: minio.endpoint,
        STOA_S3_ACCESS_KEY: minio.accessKey,
        STOA_S3_SECRET_KEY: minio.secretKey,
      });
      return over({ url: server.url, close: async () => void (await server.close(), await minio.stop()) });
    },
  },
  {
    name: 'external, the example on SQLite',
    lay: async (folder) => over(await startSqliteExample(join(folder, 'example.sqlite'))),
  },
];

function over(server: TestServer, settings: Record<string, string> = {}): Ground {
  return {
    settings: { STOA_STORAGE: 'external', STOA_EXTERNAL_URL: server.url, ...settings },
    close: () => server.close(),
  };
}
