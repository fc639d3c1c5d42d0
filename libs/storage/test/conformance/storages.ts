import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startMinio } from '../../../../test/support/minio.js';
import {
  serveStorage,
  startSixRoutes,
  startSqliteExample,
  type TestServer,
} from '../../../../test/support/storage-servers.js';

/** What a storage stands on during a trial. */
export interface Ground {
  /** The settings that choose it. */
  readonly settings: Record<string, string>;
  /** Removes what is not in the folder of the trial. */
  readonly close?: () => Promise<void>;
}

/** A storage that the suites are run on. */
export interface Conforming {
  readonly name: string;
  /** Makes an empty one; `folder` is empty, and removed afterwards. */
  readonly lay: (folder: string) => Promise<Ground>;
  /** How much of the object suite: the object of 600 MB too, all else, or none, for what is no store of any key. */
  readonly objects: 'all' | 'small' | 'none';
  /** Whether it is a storage server, whose own routes are tried too. */
  readonly server?: true;
}

/** Every storage that must conform, besides memory, fs and s3, which say so in tests of their own: a new adapter is one line. */
export const STORAGES: readonly Conforming[] = [
  {
    name: 'external, our server over fs',
    objects: 'small',
    server: true,
    lay: async (folder) => over(await serveStorage({ STOA_FS_ROOT: join(folder, 'served') })),
  },
  {
    name: 'external, a server in Go with the six basic routes',
    objects: 'none',
    server: true,
    lay: async (folder) => {
      const [served, meta] = [join(folder, 'served'), join(folder, 'meta')];
      await mkdir(served);
      return over(await startSixRoutes(served), { STOA_META_ROOT: meta });
    },
  },
  {
    name: 'external, our server over S3',
    objects: 'small',
    lay: async () => {
      const minio = await startMinio();
      const server = await serveStorage({
        STOA_STORAGE: 's3',
        STOA_S3_ENDPOINT: minio.endpoint,
        STOA_S3_ACCESS_KEY: minio.accessKey,
        STOA_S3_SECRET_KEY: minio.secretKey,
      });
      const close = async (): Promise<void> => {
        await server.close();
        await minio.stop();
      };
      return over({ url: server.url, close });
    },
  },
  {
    name: 'external, the example on SQLite',
    objects: 'small',
    server: true,
    lay: async (folder) => over(await startSqliteExample(join(folder, 'example.sqlite'))),
  },
];

/**
 * The server that whoever wrote it wants to be tried in place of ours: STOA_TEST_EXTERNAL_URL, by `npm run
 * conformance:storage`. It should be empty. Null: none is named.
 */
export async function theirServer(env: Readonly<Record<string, string | undefined>>): Promise<Conforming | null> {
  const { STOA_TEST_EXTERNAL_URL: url, STOA_TEST_EXTERNAL_TOKEN: token } = env;
  if (!url) return null;
  const answer = await fetch(`${url.replace(/\/$/, '')}/-/objects?limit=0`, {
    headers: token ? { authorization: `Bearer ${token}` } : {},
  });
  await answer.arrayBuffer();
  const hasObjects = answer.headers.get('stoa-storage') === '1';
  return {
    name: hasObjects ? `${url}, which has objects` : `${url}, which has the six basic routes`,
    objects: hasObjects ? 'all' : 'none',
    server: true,
    lay: async (folder) => ({
      settings: {
        STOA_STORAGE: 'external',
        STOA_EXTERNAL_URL: url,
        ...(token && { STOA_EXTERNAL_TOKEN: token }),
        ...(!hasObjects && { STOA_META_ROOT: join(folder, 'meta') }),
      },
    }),
  };
}

function over(server: TestServer, settings: Record<string, string> = {}): Ground {
  return {
    settings: { STOA_STORAGE: 'external', STOA_EXTERNAL_URL: server.url, ...settings },
    close: () => server.close(),
  };
}
